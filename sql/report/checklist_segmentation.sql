-- How the tumours were delineated, and by whom.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} reference delineations ({}) by {}; their experience is for the author to state',
        count(*), coalesce(string_agg(distinct origin, ', ' order by origin), 'none'),
        coalesce(string_agg(distinct reader_id, ', ' order by reader_id), 'nobody')) as evidence
from segmentation semi join cohorts using (cohort_id)
where is_reference
