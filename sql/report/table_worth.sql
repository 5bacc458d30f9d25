-- Repeated nested cross-validation of the whole chain, and its permutation test.
-- parameters: study
select model, auc, ci_low, ci_high, auc_within, sd, accuracy, sensitivity, specificity, repeats,
    permutations, p_value, 100 * by_prevalence as by_prevalence_percent
from worth
where study_id = $study
order by model
