-- ROC curves of the five models by part of the patients, with the AUC and its interval. Where a
-- model has several algorithms, the one that stands for it; where several cohorts develop the
-- models, all of them together.
-- parameters: study
with shown as (
    select fit_id, model, algorithm
    from model_fit
    where study_id = $study and model <> 'staging'
    qualify row_number() over (partition by model order by choice is null, fit_id) = 1
),
area as (
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
    s.model as series,
    s.algorithm,
    fit_id,
    n,
    auc,
    ci_low,
    ci_high,
    c.point,
    c.threshold,
    1 - c.specificity as false_positive_rate,
    c.sensitivity
from roc_curve as c
join area using (fit_id, cohort_id, role)
join shown as s using (fit_id)
where c.study_id = $study
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    list_position(['CR', 'radiomics', 'DL', 'RCR', 'DLRCR'], s.model), s.model, c.point
