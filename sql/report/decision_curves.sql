-- Net benefit of the models, and of treating all patients.
-- parameters: study
select
    role,
    cohort_id,
    s.model as series,
    fit_id,
    area.n,
    c.point,
    c.threshold,
    c.net_benefit,
    c.treat_all
from decision_curve as c
join evaluated_parts($study) as area using (fit_id, cohort_id, role)
join shown_fits($study) as s using (fit_id)
where c.study_id = $study
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    list_position(['CR', 'radiomics', 'DL', 'RCR', 'DLRCR'], s.model), s.model, c.point
