-- Exactly one delineation per patient and phase that somebody drew is the reference.
-- table: segmentation
-- severity: error
select cohort_id, patient_id, phase, count(*) filter (is_reference) as reference_count
from lake.segmentation
where origin <> 'perturbed'
group by all
having reference_count <> 1
