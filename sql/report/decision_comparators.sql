-- Net benefit of the staging systems and blood indexes, by the risk that goes with their score,
-- beside the most comprehensive model there is and treating all patients. Parts of the patients
-- with no system are left out.
-- parameters: study
with shown as (
    select fit_id, algorithm as series, 1 as position
    from model_fit
    where study_id = $study and model = 'staging'
    union all
    from (
        select fit_id, model, 0
        from shown_fits($study)
        where model in ('CR', 'RCR', 'DLRCR')
        order by list_position(['DLRCR', 'RCR', 'CR'], model), fit_id
        limit 1
    )
)
select
    role,
    cohort_id,
    s.series,
    fit_id,
    area.n,
    c.point,
    c.threshold,
    c.net_benefit,
    c.treat_all
from decision_curve as c
join evaluated_parts($study) as area using (fit_id, cohort_id, role)
join shown as s using (fit_id)
where c.study_id = $study
qualify max(s.position) over (partition by role, cohort_id) = 1
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    s.position, s.series, c.point
