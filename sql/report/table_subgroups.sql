-- AUC by field strength, the test between the strengths, and the difference that could be seen.
-- parameters: study
select
    m.fit_id,
    m.cohort_id,
    m.role,
    m.level,
    m.n,
    m.events,
    m.auc,
    m.ci_low,
    m.ci_high,
    m.p_value,
    m.detectable,
    coalesce(p.value, 'the preset''s power') as power,
    coalesce(a.value, 'the preset''s level') as alpha
from subgroup_metric as m
left join study_setting as p on p.study_id = $study and p.name = 'evaluation.power'
left join study_setting as a on a.study_id = $study and a.name = 'evaluation.alpha'
where m.study_id = $study
order by m.fit_id, m.cohort_id, m.role, m.subgroup, m.level
