-- The trained networks: size, patients, epochs, the epoch that is kept.
-- parameters: study
select fit_id, fold, model, network, n, n_stopping, epochs, kept_epoch, parameters, threshold,
    random_state
from network
where study_id = $study
order by model, fit_id, fold
