-- Each trained network: on how many patients and epochs, what it joins, its AUC on those whom it
-- watched, and how long it took.
-- parameters: study
select
    n.fit_id,
    n.fold,
    n.n,
    n.n_stopping,
    len(json_extract(n.inputs, '$[*]')) as joined,
    n.parameters,
    n.epochs,
    n.kept_epoch,
    round(c.loss, 4) as loss,
    round(c.stopping_loss, 4) as stopping_loss,
    round(c.stopping_auc, 3) as stopping_auc,
    round(n.threshold, 4) as threshold,
    n.device,
    round(n.seconds, 1) as seconds,
    n.weights_sha256[:12] as weights
from network as n
left join training_curve as c
    on n.study_id = c.study_id and n.fit_id = c.fit_id and n.fold = c.fold
    and n.kept_epoch = c.epoch
where n.study_id = $study
order by n.fit_id, n.fold
