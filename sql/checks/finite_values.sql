-- No feature value is NaN or infinite.
-- table: feature_value
-- severity: warn
select e.cohort_id, e.patient_id, e.phase, v.feature_name, v.value
from lake.extraction_value as v
join lake.extraction as e using (extraction_id)
where not isfinite(v.value)
