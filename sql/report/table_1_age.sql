-- Age by part of the split and event.
-- parameters: study
select
    s.role,
    if(s.y_true = 1, 'event', 'no event') as event,
    count(p.age_years) as n,
    avg(p.age_years order by p.age_years) as mean_years,
    stddev_samp(p.age_years order by p.age_years) as sd_years,
    min(p.age_years) as youngest_years,
    max(p.age_years) as oldest_years
from split as s
join patient as p using (cohort_id, patient_id)
where s.study_id = $study and s.repeat = 0 and s.y_true is not null
group by s.role, s.y_true
order by case s.role when 'train' then 1 when 'validation' then 2 else 3 end, s.role, s.y_true desc
