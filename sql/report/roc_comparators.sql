-- ROC curves of staging systems and blood indexes beside the most comprehensive model there is, with
-- the AUC and its interval.
-- parameters: study
select
    role,
    cohort_id,
    s.series,
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
join shown_comparators($study) as s using (fit_id)
where c.study_id = $study
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role),
    cohort_id, s.position, s.series, c.point
