-- Loss of the training samples, and loss and AUC of the patients watched, epoch by epoch.
-- parameters: study
select
    c.fit_id,
    c.fold,
    c.epoch,
    round(c.loss, 4) as loss,
    round(c.stopping_loss, 4) as stopping_loss,
    round(c.stopping_auc, 3) as stopping_auc,
    c.epoch = n.kept_epoch as kept
from training_curve as c
join network as n using (study_id, fit_id, fold)
where c.study_id = $study
order by c.fit_id, c.fold, c.epoch
