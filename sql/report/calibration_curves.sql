-- Predicted against observed risk of the models, in groups of patients by predicted risk, with
-- slope and calibration-in-the-large.
-- parameters: study
with measured as (
    select
        fit_id,
        cohort_id,
        role,
        max(n) as patients,
        any_value(value) filter (metric = 'calibration_slope') as slope,
        any_value(value) filter (metric = 'calibration_in_the_large') as in_the_large
    from metric
    where study_id = $study
    group by fit_id, cohort_id, role
    qualify row_number() over (
        partition by fit_id, role, if(role = 'external', cohort_id, null)
        order by patients desc, length(cohort_id) desc, cohort_id
    ) = 1
)
select
    role,
    cohort_id,
    s.model as series,
    fit_id,
    m.patients as n,
    m.slope,
    m.in_the_large,
    c.point,
    c.predicted,
    c.observed,
    c.ci_low,
    c.ci_high,
    c.n as patients_in_group
from calibration_curve as c
join measured as m using (fit_id, cohort_id, role)
join shown_fits($study) as s using (fit_id)
where c.study_id = $study
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    list_position(['CR', 'radiomics', 'DL', 'RCR', 'DLRCR'], s.model), s.model, c.point
