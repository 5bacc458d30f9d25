-- Flow of the participants: recruited, excluded, in each part.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
),
part as (
    from split where study_id = $study and repeat = 0
),
excluded as (
    select count(*) as n from exclusion semi join cohorts using (cohort_id)
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} excluded, {} unused; training {}, validation {}, external {}',
        (select n from excluded), count(*) filter (role = 'unused'),
        count(*) filter (role = 'train'),
        count(*) filter (role = 'validation'), count(*) filter (role = 'external')) as evidence
from part
