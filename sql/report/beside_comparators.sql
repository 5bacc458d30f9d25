-- Staging systems and blood indexes of which the paper prints an AUC, beside this study's: one row
-- each and part.
-- parameters: study
from paper_comparators($study)
where paper_auc is not null
order by system, cohort_id, role
