-- Radiomics feature values of every delineation, one row per value.
select
    e.cohort_id,
    e.patient_id,
    e.phase,
    e.reader_id,
    e.session_id,
    s.is_reference,
    e.settings_id,
    v.feature_name,
    v.value,
    e.engine,
    e.extraction_id
from lake.extraction_value as v
join lake.extraction as e using (extraction_id)
join lake.segmentation as s using (cohort_id, patient_id, phase, reader_id, session_id)
