-- Staging systems and blood indexes: AUC beside the paper's, the paired DeLong tests against the
-- models, and where each rule is from.
-- parameters: study
with models as (
    from model_fit
    where study_id = $study and model <> 'staging' and (model <> 'radiomics' or choice is not null)
),
tests as (
    select fit_id_a as fit_id, fit_id_b as other, cohort_id, role, p_value
    from comparison where study_id = $study and test = 'paired'
    union all
    select fit_id_b, fit_id_a, cohort_id, role, p_value
    from comparison where study_id = $study and test = 'paired'
)
select
    m.system,
    m.cohort_id,
    m.role,
    m.n,
    m.paper_auc,
    round(m.auc, 3) as auc,
    round(m.ci_low, 3) as ci_low,
    round(m.ci_high, 3) as ci_high,
    o.fit_id as against,
    round(t.p_value, 4) as p_value,
    m.provenance
from paper_comparators($study) as m
left join tests as t
    on m.fit_id = t.fit_id and m.cohort_id = t.cohort_id and m.role = t.role
    and t.other in (select fit_id from models)
left join models as o on t.other = o.fit_id
order by system, m.cohort_id, m.role, against
