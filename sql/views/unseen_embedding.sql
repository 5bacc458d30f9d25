-- Embeddings of patients whom the network never saw: the only ones to learn from or to join with.
-- Training patients are there out of fold, validation and external patients from fold 0.
select
    e.study_id,
    e.fit_id,
    e.fold,
    e.cohort_id,
    e.patient_id,
    e.role,
    e.values,
    e.weights_sha256
from lake.embedding as e
-- by the weights: whom another training of the same name saw is not what counts
join lake.network as n using (study_id, fit_id, fold, weights_sha256)
anti join lake.network_patient as p
    on e.study_id = p.study_id and e.fit_id = p.fit_id and e.fold = p.fold
    and e.cohort_id = p.cohort_id and e.patient_id = p.patient_id
