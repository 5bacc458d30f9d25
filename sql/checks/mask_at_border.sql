-- The whole tumour lies inside its image: no voxel of it in the outermost layer.
-- table: image_quality
-- severity: warn
select cohort_id, patient_id, phase, coverage
from lake.image_quality
where coverage < 1
