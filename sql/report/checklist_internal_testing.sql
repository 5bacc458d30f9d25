-- Testing on patients of the same cohorts who were kept apart.
-- parameters: study
with tested as (
    select distinct cohort_id, patient_id
    from prediction
    where study_id = $study and role = 'validation'
),
nested as (
    select coalesce(max(repeats), 0) as repeats from worth where study_id = $study
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} validation patients; nested cross-validation repeated {} times', count(*),
        (select repeats from nested)) as evidence
from tested
