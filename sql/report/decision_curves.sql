-- Net benefit of the models, of the staging systems by the risk that goes with their score, and of
-- treating all patients.
-- parameters: study
select
    role,
    cohort_id,
    if(f.model = 'staging', f.algorithm, f.model) as series,
    fit_id,
    area.n,
    c.point,
    c.threshold,
    c.net_benefit,
    c.treat_all
from decision_curve as c
join evaluated_parts($study) as area using (fit_id, cohort_id, role)
join model_fit as f using (study_id, fit_id)
where c.study_id = $study and (f.model = 'staging' or fit_id in (select fit_id from shown_fits($study)))
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    list_position(['CR', 'radiomics', 'DL', 'RCR', 'DLRCR'], f.model), series, c.point
