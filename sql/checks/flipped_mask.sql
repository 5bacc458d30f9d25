-- No mask meets those of the other phases twice as well when it is mirrored.
-- table: image_quality
-- severity: warn
select cohort_id, patient_id, phase, overlap, overlap_flipped
from lake.image_quality
where overlap_flipped > 0.5 and overlap < overlap_flipped / 2
