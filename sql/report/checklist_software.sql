-- Software that computes the features.
-- parameters: study
with version as (
    select code_version
    from lineage_edge
    where asset = 'extraction'
        and partition_key in (select cohort_id from split where study_id = $study)
    qualify row_number() over (order by made_at desc, partition_key) = 1
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    coalesce(any_value(code_version), 'no extraction is recorded') as evidence
from version
