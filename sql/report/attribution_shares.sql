-- Where a network's score comes from: mean shares of the Score-CAM maps in the tumour, in the
-- margin around it and outside, of the trained network and of one with random weights.
-- parameters: study
select
    fit_id,
    channel,
    weights,
    count(distinct cohort_id || '/' || patient_id) as patients,
    count(map_sha256) as maps,
    avg(share_tumour order by share_tumour) as tumour,
    avg(share_margin order by share_margin) as margin,
    avg(share_outside order by share_outside) as outside,
    median(correlation) as median_correlation,
    count(*) filter (map_sha256 is null) as flat,
    (
        select value::double
        from study_setting
        where study_id = $study and name = 'deep.attribution.margin_mm'
    ) as margin_mm
from attribution
where study_id = $study
group by fit_id, channel, weights
having count(share_tumour) > 0
order by fit_id, channel <> 'all', channel, weights desc
