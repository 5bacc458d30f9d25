-- Testing on patients of another cohort, who had no part in development.
-- parameters: study
with tested as (
    select distinct cohort_id, patient_id
    from prediction
    where study_id = $study and role = 'external'
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('external patients: {}, of cohorts: {}', count(*), count(distinct cohort_id)) as evidence
from tested
