-- Loss and AUC of each epoch of each network, with the epoch whose weights are kept and the most
-- epochs that the study allows; fold 0 is trained on all training patients.
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
    n.n_stopping,
    (
        select value::integer
        from study_setting
        where study_id = $study and name = 'deep.training.epochs'
    ) as most_epochs
from training_curve as c
join network as n using (study_id, fit_id, fold)
where c.study_id = $study
order by n.model, fit_id, fold, c.epoch
