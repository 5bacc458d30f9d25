-- How many cohorts bring images.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
)
select
    if(count(*) > 1, 'yes', 'no') as answer,
    format('{} cohort{}: {}', count(*), if(count(*) = 1, '', 's'),
        coalesce(string_agg(cohort_id, ', ' order by cohort_id), 'none')) as evidence
from cohorts
