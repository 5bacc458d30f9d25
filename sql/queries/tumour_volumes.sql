-- Tumour volume of every delineation of a cohort, largest first.
-- parameters: cohort
select patient_id, phase, reader_id, session_id, origin, is_reference, round(volume_ml, 2) as volume_ml,
    voxel_count
from segmentation
where cohort_id = $cohort
order by volume_ml desc, patient_id, phase, reader_id, session_id
