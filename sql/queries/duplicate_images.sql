-- The same voxels under two patients or phases, within a cohort or across.
select image_sha256, count(*) as n, list(cohort_id || '/' || patient_id || '/' || phase) as units
from image
group by all
having n > 1
order by n desc, image_sha256
