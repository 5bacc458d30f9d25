-- What each fit of a study is worth for each part of the patients, with the test of training against validation.
-- parameters: study
with wide as (
    select
        fit_id,
        cohort_id,
        role,
        any_value(n) as n,
        any_value(value) filter (metric = 'auc') as auc,
        any_value(ci_low) filter (metric = 'auc') as auc_low,
        any_value(ci_high) filter (metric = 'auc') as auc_high,
        any_value(value) filter (metric = 'accuracy') as accuracy,
        any_value(value) filter (metric = 'sensitivity') as sensitivity,
        any_value(value) filter (metric = 'specificity') as specificity,
        any_value(value) filter (metric = 'ppv') as ppv,
        any_value(value) filter (metric = 'npv') as npv
    from lake.metric
    where study_id = study
    group by fit_id, cohort_id, role
)
select
    f.model,
    f.algorithm,
    f.choice,
    w.cohort_id,
    w.role,
    case w.role when 'train' then 1 when 'validation' then 2 else 3 end as role_order,
    w.n,
    w.auc,
    w.auc_low,
    w.auc_high,
    w.accuracy,
    w.sensitivity,
    w.specificity,
    w.ppv,
    w.npv,
    f.threshold,
    t.p_value
from wide as w
join lake.model_fit as f on f.study_id = study and f.fit_id = w.fit_id
left join lake.comparison as t
    on t.study_id = study and t.test = 'unpaired' and t.fit_id_a = w.fit_id
    and t.cohort_id = w.cohort_id and w.role = 'validation'
