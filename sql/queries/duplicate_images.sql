-- The same voxels under two patients or phases, within a cohort or across.
select voxel_sha256, count(*) as n, list(cohort_id || '/' || patient_id || '/' || phase) as units
from image
where voxel_sha256 is not null
group by all
having n > 1
order by n desc, voxel_sha256
