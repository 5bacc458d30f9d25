-- AUC by field strength: the test between the strengths, and how large a difference would have had
-- to be to be seen; beside the paper's (page 7; doi 10.3389/fonc.2024.1446386).
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
    round(s.auc, 3) as auc,
    round(s.ci_low, 3) as ci_low,
    round(s.ci_high, 3) as ci_high,
    p.p_value::double as paper_p_value,
    round(s.p_value, 3) as p_value,
    round(s.detectable, 3) as detectable
from subgroup_metric as s
left join paper as p using (fit_id, role, level)
where s.study_id = $study and s.subgroup = 'field_strength_t'
order by s.fit_id, s.cohort_id, s.role, s.level
