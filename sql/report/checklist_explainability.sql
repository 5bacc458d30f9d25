-- What the models look at.
-- parameters: study
with map as (
    select count(distinct (cohort_id, patient_id)) as patients
    from attribution
    where study_id = $study and weights = 'trained'
),
coefficient as (
    select count(*) as n from feature_selection where study_id = $study and kept
)
select
    case
        when patients > 0 then 'yes'
        when n > 0 then 'partly'
        else 'no'
    end as answer,
    format('coefficients of {} features; Score-CAM of {} patients', n, patients) as evidence
from map, coefficient
