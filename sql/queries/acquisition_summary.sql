-- How the images of a cohort were acquired, by phase and field strength.
-- parameters: cohort
select
    a.phase,
    a.manufacturer,
    a.field_strength_t,
    count(*) as images,
    round(median(a.repetition_time_ms), 2) as tr_ms,
    round(median(a.echo_time_ms), 2) as te_ms,
    round(median(a.flip_angle_deg), 1) as flip_angle_deg,
    round(median(i.spacing_x_mm), 3) as pixel_mm,
    round(median(i.spacing_z_mm), 3) as slice_mm
from acquisition as a
join image as i using (cohort_id, patient_id, phase)
where a.cohort_id = $cohort
group by all
order by all
