-- The study in one row: patients, events, features, and the AUC of each model where it was tested;
-- where several cohorts develop the models, on all of them together.
-- parameters: study
with part as (
    select role, count(*) as n, count(*) filter (y_true = 1) as events
    from split
    where study_id = $study and repeat = 0
    group by role
),
chosen as (
    select f.model, m.role, m.value, m.ci_low, m.ci_high
    from metric as m
    join model_fit as f using (study_id, fit_id)
    where m.study_id = $study and m.metric = 'auc' and m.role = 'validation'
        and (f.model in ('CR', 'RCR', 'DLRCR') or f.choice is not null)
    qualify row_number() over (
        partition by f.model
        order by f.choice is null, fit_id, m.n desc, length(m.cohort_id) desc, m.cohort_id
    ) = 1
)
select
    (select sum(n) from part where role <> 'unused') as patients,
    (select sum(events) from part where role <> 'unused') as events,
    (select sum(n) from part where role = 'train') as training,
    (select sum(n) from part where role = 'validation') as validation,
    (select sum(n) from part where role = 'external') as external,
    (select count(distinct (phase, feature_name)) from feature_reliability where study_id = $study)
        as features,
    (select count(*) from feature_selection where study_id = $study and kept) as selected,
    any_value(value) filter (model = 'CR') as cr,
    any_value(ci_low) filter (model = 'CR') as cr_low,
    any_value(ci_high) filter (model = 'CR') as cr_high,
    any_value(value) filter (model = 'radiomics') as radiomics,
    any_value(ci_low) filter (model = 'radiomics') as radiomics_low,
    any_value(ci_high) filter (model = 'radiomics') as radiomics_high,
    any_value(value) filter (model = 'RCR') as rcr,
    any_value(ci_low) filter (model = 'RCR') as rcr_low,
    any_value(ci_high) filter (model = 'RCR') as rcr_high,
    any_value(value) filter (model = 'DL') as dl,
    any_value(ci_low) filter (model = 'DL') as dl_low,
    any_value(ci_high) filter (model = 'DL') as dl_high,
    any_value(value) filter (model = 'DLRCR') as dlrcr,
    any_value(ci_low) filter (model = 'DLRCR') as dlrcr_low,
    any_value(ci_high) filter (model = 'DLRCR') as dlrcr_high
from chosen
