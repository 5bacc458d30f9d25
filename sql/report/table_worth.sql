-- Repeated nested cross-validation of the whole chain, and its permutation test with the smallest P
-- that so many permutations can give.
-- parameters: study
with scored as (
    select model, count(distinct (cohort_id, patient_id)) as n,
        count(distinct (cohort_id, patient_id)) filter (y_true = 1) as events
    from nested_prediction
    where study_id = $study and permutation = 0
    group by model
)
select
    case w.model
        when 'CR' then 'CR (LR)'
        when 'RCR' then 'RCR (LR)'
        when 'honest' then 'radiomics (chosen in training)'
        else 'radiomics (' || w.model || ')'
    end as model,
    s.n,
    s.events,
    w.auc,
    w.ci_low,
    w.ci_high,
    w.auc_within,
    w.sd,
    w.accuracy,
    w.sensitivity,
    w.specificity,
    w.repeats,
    w.permutations,
    w.p_value,
    if(w.permutations > 0, 1 / (w.permutations + 1), null) as smallest_p,
    100 * w.by_prevalence as by_prevalence_percent
from worth as w
left join scored as s on s.model = w.model
where w.study_id = $study
order by w.model
