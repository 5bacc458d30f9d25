-- Between 16 and 128 grey-level bins in the ROI (original image): fewer or more make textures meaningless.
-- table: extraction
-- severity: warn
select cohort_id, patient_id, phase, reader_id, session_id, settings_id, bin_count
from lake.extraction
where bin_count not between 16 and 128
