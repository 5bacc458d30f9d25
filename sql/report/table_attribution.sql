-- Where in the crop the networks look: shares of the Score-CAM maps, and of random networks' maps.
-- parameters: study
select
    fit_id,
    if(channel = 'all', 'All phases', channel) as channel,
    if(weights = 'random', 'Random', 'Trained') as weights,
    count(*) as maps,
    count(*) filter (map_sha256 is null) as flat,
    100 * median(share_tumour) as tumour_percent,
    100 * median(share_margin) as margin_percent,
    100 * median(share_outside) as outside_percent,
    median(correlation) as correlation
from attribution as a
where study_id = $study
group by fit_id, a.channel, a.weights
order by fit_id, a.weights desc, a.channel = 'all' desc, a.channel
