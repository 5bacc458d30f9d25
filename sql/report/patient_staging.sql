-- Staging systems and blood indexes, with what stands in their way; of LMR, whose score is minus the
-- ratio, the ratio itself.
-- parameters: study
select
    cohort_id,
    patient_id,
    system,
    if(system = 'LMR', -score, score) as score,
    stage,
    provenance,
    coalesce(reason, note) as remark
from staging_score
where study_id = $study
order by cohort_id, patient_id, system
