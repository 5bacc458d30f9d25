-- Every network names each patient whom it was fitted to or watched, and only training patients
-- outside the fold that it leaves out.
-- table: network_patient
-- severity: error
with counted as (
    select study_id, fit_id, fold, cohort_id, patient_id,
        count(*) filter (part = 'fitted') over (partition by study_id, fit_id, fold) as fitted,
        count(*) filter (part = 'stopping') over (partition by study_id, fit_id, fold) as stopping
    from lake.network_patient
)
select n.study_id, n.fit_id, n.fold, c.cohort_id, c.patient_id
from lake.network as n
left join counted as c using (study_id, fit_id, fold)
left join lake.split as s
    on s.study_id = c.study_id and s.cohort_id = c.cohort_id and s.patient_id = c.patient_id
    and s.repeat = 0
left join lake.split as f
    on f.study_id = c.study_id and f.cohort_id = c.cohort_id and f.patient_id = c.patient_id
    and f.repeat = 1
where (c.fitted, c.stopping) is distinct from (n.n, n.n_stopping)
    or s.role is distinct from 'train'
    or (n.fold > 0 and f.fold = n.fold)
