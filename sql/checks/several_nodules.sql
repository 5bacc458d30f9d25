-- Every mask that somebody drew is one connected nodule.
-- table: segmentation
-- severity: warn
select cohort_id, patient_id, phase, reader_id, session_id, component_count
from lake.segmentation
where component_count > 1 and origin <> 'perturbed'
