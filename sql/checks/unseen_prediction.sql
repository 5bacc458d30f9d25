-- No score of a validation, external or left-out patient is by a network that was trained on them.
-- table: prediction
-- severity: error
select p.study_id, p.fit_id, p.fold, p.cohort_id, p.patient_id
from lake.prediction as p
semi join lake.network_patient as n
    on p.study_id = n.study_id and p.fit_id = n.fit_id and p.fold = n.fold
    and p.cohort_id = n.cohort_id and p.patient_id = n.patient_id
where p.role <> 'train'
