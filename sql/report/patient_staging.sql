-- Staging systems and blood indexes, with what stands in their way.
-- parameters: study
select cohort_id, patient_id, system, score, stage, provenance, coalesce(reason, note) as remark
from staging_score
where study_id = $study
order by cohort_id, patient_id, system
