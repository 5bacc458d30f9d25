-- Every perturbed delineation is stored, and was made from the reference and image that are stored.
-- table: perturbation
-- severity: error
select p.cohort_id, p.patient_id, p.phase, p.reader_id, p.session_id
from lake.perturbation as p
left join lake.segmentation as s
    on (s.cohort_id, s.patient_id, s.phase, s.reader_id, s.session_id)
    = (p.cohort_id, p.patient_id, p.phase, p.reader_id, p.session_id)
left join lake.segmentation as r
    on (r.cohort_id, r.patient_id, r.phase) = (p.cohort_id, p.patient_id, p.phase)
    and r.is_reference
left join lake.image as i
    on (i.cohort_id, i.patient_id, i.phase) = (p.cohort_id, p.patient_id, p.phase)
where s.origin is distinct from 'perturbed'
    or s.is_reference
    or s.mask_sha256 is distinct from p.mask_sha256
    or r.mask_sha256 is distinct from p.reference_sha256
    or i.image_sha256 is distinct from p.image_sha256
