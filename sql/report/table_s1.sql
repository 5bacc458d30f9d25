-- How the images were acquired, by cohort, phase, scanner and field strength.
-- parameters: study
select
    a.cohort_id,
    a.phase,
    a.manufacturer,
    a.field_strength_t,
    count(*) as images,
    median(a.repetition_time_ms) as tr_ms,
    median(a.echo_time_ms) as te_ms,
    median(a.flip_angle_deg) as flip_angle_deg,
    median(a.time_after_injection_s) as after_injection_s,
    median(i.spacing_x_mm) as pixel_mm,
    median(i.spacing_z_mm) as slice_mm
from acquisition as a
join image as i using (cohort_id, patient_id, phase)
join split as s using (cohort_id, patient_id)
where s.study_id = $study and s.repeat = 0
group by all
order by a.cohort_id, a.phase, a.manufacturer, a.field_strength_t
