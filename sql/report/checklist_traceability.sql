-- Can every number be followed back to its files?
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} steps recorded with their inputs, versions and snapshots of the store', count(*))
        as evidence
from lineage_edge
where partition_key = $study
    or partition_key in (select cohort_id from split where study_id = $study)
