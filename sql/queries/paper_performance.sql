-- The paper's Tables 2 and 4 beside this study; P is that of training against validation, in the row
-- of the validation patients.
-- parameters: study
select
    * exclude (paper_low, paper_high, auc_low, auc_high) replace (
        round(auc, 3) as auc,
        round(accuracy, 3) as accuracy,
        round(sensitivity, 3) as sensitivity,
        round(specificity, 3) as specificity,
        round(p_value, 3) as p_value
    ),
    format('{:.3f} - {:.3f}', paper_low, paper_high) as paper_interval,
    format('{:.3f} - {:.3f}', auc_low, auc_high) as interval
from paper_models($study)
order by printed_in, model, algorithm, role, cohort_id
