-- Net benefit of the models, of the staging systems by the risk that goes with their score, and of
-- treating all patients.
-- parameters: study
with shown as (
    select fit_id, model, algorithm
    from model_fit
    where study_id = $study and model <> 'staging'
    qualify row_number() over (partition by model order by choice is null, fit_id) = 1
),
counted as (
    select fit_id, cohort_id, role, n
    from metric
    where study_id = $study and metric = 'auc'
    qualify row_number() over (
        partition by fit_id, role, if(role = 'external', cohort_id, null)
        order by n desc, length(cohort_id) desc, cohort_id
    ) = 1
)
select
    role,
    cohort_id,
    if(f.model = 'staging', f.algorithm, f.model) as series,
    fit_id,
    counted.n,
    c.point,
    c.threshold,
    c.net_benefit,
    c.treat_all
from decision_curve as c
join counted using (fit_id, cohort_id, role)
join model_fit as f using (study_id, fit_id)
where c.study_id = $study and (f.model = 'staging' or fit_id in (select fit_id from shown))
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    list_position(['CR', 'radiomics', 'DL', 'RCR', 'DLRCR'], f.model), series, c.point
