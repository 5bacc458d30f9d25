-- Patients and events in each part of the main split.
-- parameters: study
select
    cohort_id,
    role,
    count(*) as n,
    count(*) filter (y_true = 1) as events,
    100 * count(*) filter (y_true = 1) / count(*) as percent,
    count(*) filter (y_true = 0) as others
from split
where study_id = $study and repeat = 0
group by cohort_id, role
order by cohort_id, case role when 'train' then 1 when 'validation' then 2 when 'external' then 3
    else 4 end
