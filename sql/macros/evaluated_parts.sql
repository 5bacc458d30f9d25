-- The AUC of each fit of a study by part of the patients; where several cohorts develop the models,
-- of all of them together, each external cohort by itself.
-- parameters: study
select fit_id, cohort_id, role, value as auc, ci_low, ci_high, n
from lake.metric
where study_id = study and metric = 'auc'
qualify row_number() over (
    partition by fit_id, role, if(role = 'external', cohort_id, null)
    order by n desc, length(cohort_id) desc, cohort_id
) = 1
