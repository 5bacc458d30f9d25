-- No embedding that the view unseen_embedding shows is of a patient whom, by the split, the network
-- was trained on.
-- table: embedding
-- severity: error
select e.study_id, e.fit_id, e.fold, e.cohort_id, e.patient_id
from lake.embedding as e
anti join lake.network_patient as p
    on e.study_id = p.study_id and e.fit_id = p.fit_id and e.fold = p.fold
    and e.cohort_id = p.cohort_id and e.patient_id = p.patient_id
join lake.split as s
    on s.study_id = e.study_id and s.cohort_id = e.cohort_id and s.patient_id = e.patient_id
    and s.repeat = 0
left join lake.split as f
    on f.study_id = e.study_id and f.cohort_id = e.cohort_id and f.patient_id = e.patient_id
    and f.repeat = 1
where s.role = 'train' and (e.fold = 0 or f.fold is distinct from e.fold)
