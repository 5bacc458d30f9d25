-- What reporting the best radiomics classifier owes to choosing it on the validation patients.
-- parameters: study
select algorithm, n, auc, 100 * chosen as chosen_percent, best, optimism, corrected, reason
from choice_optimism
where study_id = $study
order by auc desc, algorithm
