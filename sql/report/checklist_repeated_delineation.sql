-- Repeated delineations, and how well they agree.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} repeated delineations of {} patients; median Dice {}', count(*),
        count(distinct (cohort_id, patient_id)),
        coalesce(round(median(dice), 3)::varchar, 'unknown')) as evidence
from delineation_agreement
where study_id = $study
