-- A patient with and one without the event whom a network places well, validation first: whose
-- Score-CAM maps are shown.
-- parameters: study
with mapped as (
    select distinct fit_id, cohort_id, patient_id
    from attribution
    where study_id = $study and weights = 'trained' and map_sha256 is not null
),
chosen as (
    select fit_id
    from mapped
    join model_fit as f using (fit_id)
    where f.study_id = $study
    order by f.choice is null, f.model, fit_id
    limit 1
),
placed as (
    select
        m.fit_id,
        m.cohort_id,
        m.patient_id,
        p.role,
        p.y_true,
        p.y_score,
        p.threshold,
        row_number() over (
            partition by p.y_true
            order by p.role <> 'validation', abs(p.y_true - p.y_score), m.cohort_id, m.patient_id
        ) as place
    from mapped as m
    join prediction as p using (fit_id, cohort_id, patient_id)
    where p.study_id = $study and p.repeat = 0 and p.permutation = 0 and p.role <> 'out_of_fold'
        and m.fit_id in (from chosen)
)
select
    cohort_id,
    patient_id,
    fit_id,
    if(y_true = 1, 'event', 'no event') as event,
    role,
    y_score,
    threshold
from placed
where place = 1
order by y_true desc
