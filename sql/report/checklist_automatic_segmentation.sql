-- Delineations by a model, and whether they were judged.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
)
select
    if(count(*) filter (origin = 'model') = 0, 'not applicable', 'partly') as answer,
    format('{} of {} reference delineations by a model', count(*) filter (origin = 'model'),
        count(*)) as evidence
from segmentation semi join cohorts using (cohort_id)
where is_reference
