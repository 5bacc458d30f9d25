-- Who delineated the tumours of the test patients.
-- parameters: study
with mask as (
    select g.reader_id
    from segmentation as g
    join split as s using (cohort_id, patient_id)
    where s.study_id = $study and s.repeat = 0 and s.role in ('validation', 'external')
        and g.is_reference
)
select
    if(count(distinct reader_id) = 1, 'yes', 'no') as answer,
    format('{} reference delineations of test patients by {}', count(*),
        coalesce(string_agg(distinct reader_id, ', ' order by reader_id), 'nobody')) as evidence
from mask
