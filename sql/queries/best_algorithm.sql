-- The radiomics algorithms on the validation patients, and what choosing the best adds to its AUC.
-- parameters: study
select
    algorithm,
    n,
    round(auc, 3) as auc,
    round(chosen, 3) as chosen_in_resamples,
    best,
    round(optimism, 3) as optimism,
    round(corrected, 3) as corrected_auc,
    round(out_of_bag, 3) as out_of_bag,
    reason
from choice_optimism
where study_id = $study
order by auc desc, algorithm
