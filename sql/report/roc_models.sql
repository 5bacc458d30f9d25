-- ROC curves of the five models by part of the patients, with the AUC and its interval. Where a
-- model has several algorithms, the one that stands for it; where several cohorts develop the
-- models, all of them together.
-- parameters: study
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
join evaluated_parts($study) as area using (fit_id, cohort_id, role)
join shown_fits($study) as s using (fit_id)
where c.study_id = $study
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    list_position(['CR', 'radiomics', 'DL', 'RCR', 'DLRCR'], s.model), s.model, c.point
