-- No two images, of whatever cohort, patient or phase, hold the same voxels.
-- table: image
-- severity: warn
select cohort_id, patient_id, phase, voxel_sha256
from lake.image
where voxel_sha256 is not null
qualify count(*) over (partition by voxel_sha256) > 1
