-- Each model and part of the patients: AUC with its interval, and the rates at the threshold that
-- training chose; a model marked in `choice` stands for the radiomics model.
-- parameters: study
select
    f.model,
    f.algorithm,
    f.choice,
    m.cohort_id,
    m.role,
    any_value(m.n) as n,
    round(any_value(m.value) filter (m.metric = 'auc'), 3) as auc,
    round(any_value(m.ci_low) filter (m.metric = 'auc'), 3) as ci_low,
    round(any_value(m.ci_high) filter (m.metric = 'auc'), 3) as ci_high,
    round(any_value(m.value) filter (m.metric = 'accuracy'), 3) as accuracy,
    round(any_value(m.value) filter (m.metric = 'sensitivity'), 3) as sensitivity,
    round(any_value(m.value) filter (m.metric = 'specificity'), 3) as specificity,
    round(any_value(m.value) filter (m.metric = 'brier'), 3) as brier,
    round(any_value(m.value) filter (m.metric = 'calibration_slope'), 3) as calibration_slope
from metric as m
join model_fit as f using (study_id, fit_id)
where m.study_id = $study
group by f.model, f.algorithm, f.choice, m.cohort_id, m.role
order by f.model = 'staging', f.model, f.algorithm, m.cohort_id, m.role
