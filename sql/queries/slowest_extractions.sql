-- Where extraction time goes: seconds per delineation with its size.
-- parameters: cohort
select e.patient_id, e.phase, e.reader_id, e.engine, round(e.seconds, 2) as seconds, s.voxel_count,
    round(s.volume_ml, 1) as volume_ml
from extraction as e
join segmentation as s using (cohort_id, patient_id, phase, reader_id, session_id)
where e.cohort_id = $cohort
order by e.seconds desc
limit 20
