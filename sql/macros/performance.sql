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
        any_value(ci_low) filter (metric = 'accuracy') as accuracy_low,
        any_value(ci_high) filter (metric = 'accuracy') as accuracy_high,
        any_value(value) filter (metric = 'sensitivity') as sensitivity,
        any_value(ci_low) filter (metric = 'sensitivity') as sensitivity_low,
        any_value(ci_high) filter (metric = 'sensitivity') as sensitivity_high,
        any_value(value) filter (metric = 'specificity') as specificity,
        any_value(ci_low) filter (metric = 'specificity') as specificity_low,
        any_value(ci_high) filter (metric = 'specificity') as specificity_high,
        any_value(value) filter (metric = 'ppv') as ppv,
        any_value(ci_low) filter (metric = 'ppv') as ppv_low,
        any_value(ci_high) filter (metric = 'ppv') as ppv_high,
        any_value(value) filter (metric = 'npv') as npv,
        any_value(ci_low) filter (metric = 'npv') as npv_low,
        any_value(ci_high) filter (metric = 'npv') as npv_high
    from lake.metric
    where study_id = study
    group by fit_id, cohort_id, role
),
event as (
    select w.fit_id, w.cohort_id, w.role, count(distinct (p.cohort_id, p.patient_id)) as events
    from wide as w
    join lake.prediction as p
        on p.study_id = study and p.permutation = 0 and p.y_true = 1
        and p.fit_id = w.fit_id and p.role = w.role
        and list_contains(string_split(w.cohort_id, ' + '), p.cohort_id)
    group by all
)
select
    f.model,
    f.algorithm,
    f.choice,
    w.cohort_id,
    w.role,
    case w.role when 'train' then 1 when 'validation' then 2 else 3 end as role_order,
    w.n,
    coalesce(e.events, 0) as events,
    w.auc,
    w.auc_low,
    w.auc_high,
    w.accuracy,
    w.accuracy_low,
    w.accuracy_high,
    w.sensitivity,
    w.sensitivity_low,
    w.sensitivity_high,
    w.specificity,
    w.specificity_low,
    w.specificity_high,
    w.ppv,
    w.ppv_low,
    w.ppv_high,
    w.npv,
    w.npv_low,
    w.npv_high,
    f.threshold,
    t.p_value
from wide as w
left join event as e using (fit_id, cohort_id, role)
join lake.model_fit as f on f.study_id = study and f.fit_id = w.fit_id
left join lake.comparison as t
    on t.study_id = study and t.test = 'unpaired' and t.fit_id_a = w.fit_id
    and t.cohort_id = w.cohort_id and w.role = 'validation'
