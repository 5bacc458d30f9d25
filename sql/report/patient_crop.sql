-- The crops of every patient, slice by slice: pixels of each phase, and the tumour in them.
-- parameters: study
select
    c.cohort_id,
    c.patient_id,
    c.position,
    c.phases,
    c.area_mm2,
    c.shape,
    c.dtype,
    c.tensor_sha256,
    c.tensor,
    c.mask
from crop as c
join asked_settings($study, 'crop') as a using (cohort_id, settings_id)
join split as s using (cohort_id, patient_id)
where s.study_id = $study and s.repeat = 0
order by c.cohort_id, c.patient_id, c.position
