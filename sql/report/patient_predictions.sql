-- What every model says: score, threshold of its training patients, and what follows from both.
-- parameters: study
select
    p.cohort_id,
    p.patient_id,
    f.model,
    f.algorithm,
    p.role,
    p.y_score,
    p.threshold,
    coalesce(p.y_score >= p.threshold, false) as called,
    p.y_true = 1 as event,
    coalesce(p.y_score >= p.threshold, false) = (p.y_true = 1) as agrees
from prediction as p
join model_fit as f using (study_id, fit_id)
where p.study_id = $study and p.repeat = 0 and p.permutation = 0
order by
    p.cohort_id,
    p.patient_id,
    list_position(['CR', 'radiomics', 'DL', 'RCR', 'DLRCR', 'staging'], f.model),
    f.algorithm,
    p.role
