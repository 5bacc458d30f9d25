-- Images of a cohort by signal-to-noise ratio, the noisiest first.
-- parameters: cohort
select
    patient_id, phase, round(signal_to_noise, 1) as signal_to_noise,
    round(contrast_to_noise, 1) as contrast_to_noise, round(motion_score, 2) as motion_score
from image_quality
where cohort_id = $cohort
order by signal_to_noise nulls last, patient_id, phase
limit 50
