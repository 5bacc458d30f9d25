-- AUC by field strength as the paper prints it on page 7 (Zhao et al., Front Oncol 2024, doi
-- 10.3389/fonc.2024.1446386), and of a study: the test between the strengths, and how large a
-- difference would have had to be to be seen.
-- parameters: study
with paper (fit_id, role, level, auc, p_value) as (
    values
    ('radiomics-LR', 'train', '1.5 T', .882, .457),
    ('radiomics-LR', 'train', '3 T', .834, .457),
    ('radiomics-LR', 'validation', '1.5 T', .880, .430),
    ('radiomics-LR', 'validation', '3 T', .762, .430)
)
select
    s.fit_id,
    s.cohort_id,
    s.role,
    s.level,
    s.n,
    s.events,
    p.auc::double as paper_auc,
    s.auc,
    s.ci_low,
    s.ci_high,
    p.p_value::double as paper_p_value,
    s.p_value,
    s.detectable
from lake.subgroup_metric as s
left join paper as p using (fit_id, role, level)
where s.study_id = study and s.subgroup = 'field_strength_t'
