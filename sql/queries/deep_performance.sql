-- The networks beside RCR: AUC with its interval in each part, the mean over the folds where they
-- are pooled, and the paired DeLong test against RCR. Out of fold are training patients, each
-- scored by a network that was trained without them.
-- parameters: study
with areas as (
    select m.*, f.model, f.algorithm, f.choice
    from metric as m
    join model_fit as f using (study_id, fit_id)
    where m.study_id = $study and m.metric = 'auc' and f.model in ('DL', 'DLRCR', 'RCR')
),
within as (
    select fit_id, cohort_id, role, value
    from metric
    where study_id = $study and metric = 'auc_within'
),
tests as (
    select fit_id_a as fit_id, cohort_id, role, difference, p_value
    from comparison where study_id = $study and test = 'paired' and fit_id_b like 'RCR-%'
    union all
    select fit_id_b, cohort_id, role, -difference, p_value
    from comparison where study_id = $study and test = 'paired' and fit_id_a like 'RCR-%'
)
select
    a.model,
    a.algorithm,
    a.choice,
    a.cohort_id,
    a.role,
    a.n,
    round(a.value, 3) as auc,
    round(a.ci_low, 3) as ci_low,
    round(a.ci_high, 3) as ci_high,
    round(w.value, 3) as auc_within,
    round(t.difference, 3) as above_rcr,
    round(t.p_value, 4) as p_value
from areas as a
left join within as w
    on a.fit_id = w.fit_id and a.cohort_id = w.cohort_id and a.role = w.role
left join tests as t
    on a.fit_id = t.fit_id and a.cohort_id = t.cohort_id and a.role = t.role
order by a.model, a.algorithm, a.cohort_id, a.role
