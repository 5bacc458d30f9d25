-- ROC curves of the networks by part of the patients, with the AUC and its interval.
-- parameters: study
with area as (
    select fit_id, cohort_id, role, value as auc, ci_low, ci_high, n
    from metric
    where study_id = $study and metric = 'auc'
    qualify row_number() over (
        partition by fit_id, role, if(role = 'external', cohort_id, null)
        order by n desc, length(cohort_id) desc, cohort_id
    ) = 1
)
select
    role,
    cohort_id,
    f.algorithm as series,
    fit_id,
    area.n,
    auc,
    ci_low,
    ci_high,
    c.point,
    c.threshold,
    1 - c.specificity as false_positive_rate,
    c.sensitivity
from roc_curve as c
join area using (fit_id, cohort_id, role)
join model_fit as f using (study_id, fit_id)
where c.study_id = $study and f.model = 'DL'
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    f.algorithm, c.point
