-- Registration of a cohort by phase: how far images were moved, and how much better they fit.
-- parameters: cohort
select
    fixed_phase, phase, count(*) as images,
    round(median(shift_mm), 2) as shift_mm, round(max(shift_mm), 2) as largest_shift_mm,
    round(median(rotation_deg), 2) as rotation_deg,
    round(max(rotation_deg), 2) as largest_rotation_deg,
    round(median(metric_before), 3) as metric_before,
    round(median(metric_after), 3) as metric_after,
    count(*) filter (metric_after <= metric_before) as no_better,
    round(min(overlap), 2) as least_overlap
from registration
where cohort_id = $cohort
group by fixed_phase, phase, settings_id
order by fixed_phase, phase
