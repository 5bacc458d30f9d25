-- What each input of the logistic models adds to the log-odds, the largest first; a model without
-- scaling has no z-score.
-- parameters: study
select
    c.cohort_id,
    c.patient_id,
    f.model,
    coalesce(t.title, c.input) as name,
    c.value,
    if(k.scale is null, null, c.z_score) as z_score,
    c.coefficient,
    c.contribution
from contribution as c
join model_fit as f using (study_id, fit_id)
left join model_coefficient as k using (study_id, fit_id, input)
left join factor_titles(true) as t on c.input = t.factor
where c.study_id = $study
order by
    c.cohort_id,
    c.patient_id,
    list_position(['CR', 'radiomics', 'RCR'], f.model),
    f.algorithm,
    abs(c.contribution) desc,
    c.input
