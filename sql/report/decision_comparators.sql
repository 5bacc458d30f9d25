-- Net benefit of the staging systems and blood indexes, by the risk that goes with their score,
-- beside the most comprehensive model there is and treating all patients. Parts of the patients
-- with no system are left out.
-- parameters: study
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
join shown_comparators($study) as s using (fit_id)
where c.study_id = $study
qualify max(s.position) over (partition by role, cohort_id) = 1
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    s.position, s.series, c.point
