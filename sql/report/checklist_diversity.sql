-- Who the patients are.
-- parameters: study
with part as (
    select p.*
    from split as s join patient as p using (cohort_id, patient_id)
    where s.study_id = $study and s.repeat = 0 and s.role <> 'unused'
)
select
    if(count(sex) > 0 and count(age_years) > 0, 'yes', 'no') as answer,
    format('{} women and {} men, age {} to {} years', count(*) filter (sex = 'female'),
        count(*) filter (sex = 'male'), coalesce(min(age_years)::integer::varchar, '?'),
        coalesce(max(age_years)::integer::varchar, '?')) as evidence
from part
