-- How well repeated delineations agree with the reference in a study, by phase, reader and origin.
-- parameters: study
select
    phase,
    comparison,
    origin,
    count(*) as delineations,
    round(median(dice), 3) as median_dice,
    round(min(dice), 3) as lowest_dice,
    round(median(hd95_mm), 2) as median_hd95_mm,
    round(max(hd95_mm), 2) as largest_hd95_mm,
    round(median(abs(volume_difference)), 3) as median_volume_difference
from delineation_agreement
where study_id = $study
group by all
order by comparison desc, phase, origin
