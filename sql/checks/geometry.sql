-- Every delineation that somebody drew lies on the image that is stored for its patient and phase.
-- table: segmentation
-- severity: error
select s.cohort_id, s.patient_id, s.phase, s.reader_id, s.session_id
from lake.segmentation as s
left join lake.image as i using (cohort_id, patient_id, phase)
where s.origin <> 'perturbed' and (
    i.image_sha256 is distinct from s.image_sha256
    or s.voxel_count > i.size_x::bigint * i.size_y * i.size_z
    or abs(s.volume_ml * 1000 / (i.spacing_x_mm * i.spacing_y_mm * i.spacing_z_mm) - s.voxel_count) > 0.5
)
