-- Score-CAM over the patients: how much of the map lies in the tumour, around it and outside, by
-- phase and outcome; and how alike are maps of trained and of random weights (1: the same map, which
-- shows the image and not the network).
-- parameters: study
select
    a.fit_id,
    a.channel,
    a.weights,
    s.y_true,
    count(*) as patients,
    count(a.map_sha256) as maps,
    round(median(a.share_tumour), 3) as tumour,
    round(median(a.share_margin), 3) as margin,
    round(median(a.share_outside), 3) as outside,
    round(median(a.correlation), 3) as correlation,
    any_value(a.reason) as reason
from attribution as a
join split as s
    on a.study_id = s.study_id and a.cohort_id = s.cohort_id and a.patient_id = s.patient_id
    and s.repeat = 0
where a.study_id = $study
group by a.fit_id, a.channel, a.weights, s.y_true
order by a.fit_id, a.weights desc, a.channel <> 'all', a.channel, s.y_true
