-- How well repeated delineations agree with the reference, by phase and reader.
-- parameters: study
select
    phase,
    if(comparison = 'intra', 'Same reader', 'Another reader') as comparison,
    count(*) as delineations,
    median(dice) as median_dice,
    min(dice) as lowest_dice,
    median(hd95_mm) as median_hd95_mm,
    max(hd95_mm) as largest_hd95_mm,
    100 * median(abs(volume_difference)) as median_volume_percent
from delineation_agreement
where study_id = $study
group by phase, delineation_agreement.comparison
order by delineation_agreement.comparison desc, phase
