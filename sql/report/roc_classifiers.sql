-- ROC curves of the radiomics classifiers by part of the patients, with the AUC and its interval.
-- parameters: study
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
join evaluated_parts($study) as area using (fit_id, cohort_id, role)
join model_fit as f using (study_id, fit_id)
where c.study_id = $study and f.model = 'radiomics'
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    list_position(['LR', 'SVM', 'KNN', 'XGBoost', 'MLP'], f.algorithm), f.algorithm, c.point
