-- Staging systems and blood indexes: AUC beside the paper's (its page 9; doi
-- 10.3389/fonc.2024.1446386), the paired DeLong tests against the models, and where each rule is
-- from.
-- parameters: study
with paper (algorithm, role, auc) as (
    values
    ('BCLC', 'train', .565), ('BCLC', 'validation', .615),
    ('CNLC', 'train', .610), ('CNLC', 'validation', .774),
    ('ERASL-pre', 'train', .550), ('ERASL-pre', 'validation', .572),
    ('NLR', 'train', .561), ('NLR', 'validation', .483),
    ('PLR', 'train', .544), ('PLR', 'validation', .467),
    ('LMR', 'train', .507), ('LMR', 'validation', .489)
),
models as (
    from model_fit
    where study_id = $study and model <> 'staging' and (model <> 'radiomics' or choice is not null)
),
rules as (
    select system, any_value(provenance) as provenance
    from staging_score
    where study_id = $study
    group by system
),
tests as (
    select fit_id_a as fit_id, fit_id_b as other, cohort_id, role, p_value
    from comparison where study_id = $study and test = 'paired'
    union all
    select fit_id_b, fit_id_a, cohort_id, role, p_value
    from comparison where study_id = $study and test = 'paired'
)
select
    f.algorithm as system,
    m.cohort_id,
    m.role,
    m.n,
    p.auc::double as paper_auc,
    round(m.value, 3) as auc,
    round(m.ci_low, 3) as ci_low,
    round(m.ci_high, 3) as ci_high,
    o.fit_id as against,
    round(t.p_value, 4) as p_value,
    r.provenance
from metric as m
join model_fit as f using (study_id, fit_id)
left join rules as r on f.algorithm = r.system
left join paper as p on f.algorithm = p.algorithm and m.role = p.role
left join tests as t
    on m.fit_id = t.fit_id and m.cohort_id = t.cohort_id and m.role = t.role
    and t.other in (select fit_id from models)
left join models as o on t.other = o.fit_id
where m.study_id = $study and m.metric = 'auc' and f.model = 'staging'
order by system, m.cohort_id, m.role, against
