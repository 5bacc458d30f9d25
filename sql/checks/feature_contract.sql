-- Every extraction holds exactly the features that its settings must yield.
-- table: extraction
-- severity: error
with wanted as (
    select cohort_id, settings_id, count(*) as n, sum(hash(feature_name)) as names
    from lake.feature_definition group by all
),
held as (
    select extraction_id, count(*) as n, sum(hash(feature_name)) as names
    from lake.extraction_value group by all
)
select e.cohort_id, e.patient_id, e.phase, e.reader_id, e.session_id, e.settings_id, h.n
from lake.extraction as e
left join held as h using (extraction_id)
left join wanted as w using (cohort_id, settings_id)
where h.n is distinct from w.n or h.names is distinct from w.names
