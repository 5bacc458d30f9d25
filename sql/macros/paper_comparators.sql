-- AUC of staging systems and blood indexes as the paper prints it on page 9 (Zhao et al., Front Oncol
-- 2024, doi 10.3389/fonc.2024.1446386), and of a study in each part of its patients.
-- parameters: study
with paper (system, role, auc) as (
    values
    ('BCLC', 'train', .565), ('BCLC', 'validation', .615),
    ('CNLC', 'train', .610), ('CNLC', 'validation', .774),
    ('ERASL-pre', 'train', .550), ('ERASL-pre', 'validation', .572),
    ('NLR', 'train', .561), ('NLR', 'validation', .483),
    ('PLR', 'train', .544), ('PLR', 'validation', .467),
    ('LMR', 'train', .507), ('LMR', 'validation', .489)
),
rules as (
    select system, any_value(provenance) as provenance
    from lake.staging_score
    where study_id = study
    group by system
)
select
    m.fit_id,
    f.algorithm as system,
    m.cohort_id,
    m.role,
    m.n,
    p.auc::double as paper_auc,
    m.value as auc,
    m.ci_low,
    m.ci_high,
    r.provenance
from lake.metric as m
join lake.model_fit as f using (study_id, fit_id)
left join rules as r on f.algorithm = r.system
left join paper as p on f.algorithm = p.system and m.role = p.role
where m.study_id = study and m.metric = 'auc' and f.model = 'staging'
