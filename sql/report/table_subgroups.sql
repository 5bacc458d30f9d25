-- AUC by field strength, the test between the strengths, and the difference that could be seen.
-- parameters: study
select fit_id, cohort_id, role, level, n, events, auc, ci_low, ci_high, p_value, detectable
from subgroup_metric
where study_id = $study
order by fit_id, cohort_id, role, subgroup, level
