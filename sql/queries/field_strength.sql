-- AUC by field strength beside the paper's, the test between the strengths, and how large a difference
-- would have had to be to be seen.
-- parameters: study
select * replace (
    round(auc, 3) as auc,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high,
    round(p_value, 3) as p_value,
    round(detectable, 3) as detectable
)
from paper_field_strength($study)
order by fit_id, cohort_id, role, level
