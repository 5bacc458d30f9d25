-- The slices of a crop are consecutive, and the tumour is in one of them at least.
-- table: crop
-- severity: error
select cohort_id, patient_id, settings_id
from lake.crop
group by all
having max(slice_index) - min(slice_index) + 1 != count(*)
    or min(position) != 1
    or max(position) != count(*)
    or max(area_mm2) = 0
