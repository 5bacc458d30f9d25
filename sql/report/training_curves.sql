-- Loss and AUC of each epoch of each network, with the epoch whose weights are kept; fold 0 is
-- trained on all training patients.
-- parameters: study
select
    n.model,
    n.network,
    fit_id,
    fold,
    c.epoch,
    c.loss,
    c.stopping_loss,
    c.stopping_auc,
    n.kept_epoch,
    n.n,
    n.n_stopping
from training_curve as c
join network as n using (study_id, fit_id, fold)
where c.study_id = $study
order by n.model, fit_id, fold, c.epoch
