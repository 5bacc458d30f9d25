-- What each input of the logistic models adds to the log-odds, the largest first.
-- parameters: study
select
    c.cohort_id,
    c.patient_id,
    f.model,
    c.input as name,
    c.value,
    c.z_score,
    c.coefficient,
    c.contribution
from contribution as c
join model_fit as f using (study_id, fit_id)
where c.study_id = $study
order by
    c.cohort_id,
    c.patient_id,
    list_position(['CR', 'radiomics', 'RCR'], f.model),
    f.algorithm,
    abs(c.contribution) desc,
    c.input
