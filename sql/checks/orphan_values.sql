-- No feature value without its extraction.
-- table: feature_value
-- severity: error
select distinct null::varchar as cohort_id, v.extraction_id
from lake.extraction_value as v
anti join lake.extraction as e using (extraction_id)
