-- AUC by field strength where the paper prints one, beside this study's.
-- parameters: study
from paper_field_strength($study)
where paper_auc is not null
order by fit_id, cohort_id, role, level
