-- Images and reference delineations, phase by phase.
-- parameters: study
select
    i.cohort_id,
    i.patient_id,
    i.phase,
    i.size_x || ' x ' || i.size_y || ' x ' || i.size_z as voxels,
    i.spacing_x_mm,
    i.spacing_z_mm,
    s.reader_id,
    s.volume_ml,
    s.diameter_mm,
    a.field_strength_t,
    q.signal_to_noise,
    q.contrast_to_noise,
    i.image_sha256,
    s.mask_sha256,
    list_position(from_json(t.file_json->'$.phases', '["varchar"]'), i.phase) as place
from image as i
join split as p on p.cohort_id = i.cohort_id and p.patient_id = i.patient_id
join study as t on t.study_id = p.study_id
left join segmentation as s
    on s.cohort_id = i.cohort_id and s.patient_id = i.patient_id and s.phase = i.phase
    and s.is_reference
left join acquisition as a
    on a.cohort_id = i.cohort_id and a.patient_id = i.patient_id and a.phase = i.phase
left join image_quality as q
    on q.cohort_id = i.cohort_id and q.patient_id = i.patient_id and q.phase = i.phase
where p.study_id = $study and p.repeat = 0 and place is not null
order by i.cohort_id, i.patient_id, place
