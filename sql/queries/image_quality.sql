-- Quality of the images of a cohort, by phase: medians and the worst of each measure.
-- parameters: cohort
select
    phase, count(*) as images,
    round(median(signal_to_noise), 1) as signal_to_noise, round(min(signal_to_noise), 1) as lowest,
    round(median(contrast_to_noise), 1) as contrast_to_noise,
    round(median(motion_score), 2) as motion_score, round(max(motion_score), 2) as highest,
    round(median(vessel_to_organ), 2) as vessel_to_organ,
    round(median(tumour_to_organ), 2) as tumour_to_organ,
    round(min(overlap), 2) as least_overlap, count(*) filter (coverage < 1) as cut
from image_quality
where cohort_id = $cohort
group by phase, position
order by position, phase
