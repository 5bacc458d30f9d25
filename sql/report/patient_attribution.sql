-- The Score-CAM maps of the trained networks, of all phases together and of each alone, each with the
-- slice of the crop that it lies over.
-- parameters: study
select
    a.cohort_id,
    a.patient_id,
    a.fit_id,
    a.position,
    a.channel,
    a.map_sha256,
    a.shape as map_shape,
    a.map,
    c.phases,
    c.shape,
    c.dtype,
    c.tensor,
    c.mask
from attribution as a
join crop as c using (cohort_id, patient_id, position)
join asked_settings($study, 'crop') as e using (cohort_id, settings_id)
where a.study_id = $study and a.weights = 'trained' and a.map is not null
order by a.cohort_id, a.patient_id, a.fit_id, a.position, list_position(
    ['all'] || string_split(c.phases, ','),
    a.channel
)
