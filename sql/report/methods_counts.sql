-- The counts that the methods paragraph names: patients by part, tumours drawn again, features left
-- by each step, what was fitted.
-- parameters: study
with part as (
    select s.role, s.y_true, p.given_split
    from split as s left join patient as p using (cohort_id, patient_id)
    where s.study_id = $study and s.repeat = 0
),
feature as (
    select phase, feature_name, bool_and(kept) as kept
    from feature_reliability
    where study_id = $study
    group by all
),
fit as (
    from model_fit where study_id = $study
),
repeated as (
    select comparison, max(n) as n from feature_reliability where study_id = $study group by all
)
select
    count(*) filter (role <> 'unused') as patients,
    count(*) filter (role <> 'unused' and y_true = 1) as events,
    count(*) filter (role = 'train') as training,
    count(*) filter (role = 'train' and y_true = 1) as training_events,
    count(*) filter (role = 'validation') as validation,
    count(*) filter (role = 'validation' and y_true = 1) as validation_events,
    count(*) filter (role = 'external') as external,
    count(*) filter (role = 'external' and y_true = 1) as external_events,
    coalesce(bool_and(given_split is not null) filter (role in ('train', 'validation')), false)
        as split_given,
    coalesce(bool_or(given_split is not null) filter (role in ('train', 'validation')), false)
        as split_given_in_part,
    (select string_agg(cohort_id, ', ' order by cohort_id) from cohort
        where synthetic::boolean
            and cohort_id in (select cohort_id from split where study_id = $study)) as synthetic,
    (select count(*) from feature) as features,
    (select count(distinct phase) from feature) as phases,
    (select count(*) from feature where kept) as repeatable,
    (select count(*) from feature_screen where study_id = $study and kept) as screened,
    (select count(*) from feature_selection where study_id = $study and kept) as selected,
    coalesce((select n from repeated where comparison = 'intra'), 0) as repeated_intra,
    coalesce((select n from repeated where comparison = 'inter'), 0) as repeated_inter,
    (select count(distinct factor) from risk_factor
        where study_id = $study and analysis = 'univariate') as factors,
    (select count(*) from risk_factor
        where study_id = $study and analysis = 'univariate' and p_value < (
            select value::double from study_setting
            where study_id = $study and name = 'validation.chain.factor_alpha'
        )) as factors_below,
    exists(from risk_factor where study_id = $study and analysis = 'multivariate')
        as fitted_together,
    (select string_agg(replace(factor, '_', ' '), ', ' order by factor) from risk_factor
        where study_id = $study and analysis = 'final' and odds_ratio is not null) as independent,
    (select string_agg(algorithm, ', ' order by algorithm) from fit where model = 'radiomics')
        as algorithms,
    (select string_agg(algorithm, ', ' order by algorithm) from fit where model = 'staging')
        as systems,
    (select string_agg(model, ', ' order by model) from fit where model in ('RCR', 'DLRCR'))
        as combined,
    (select string_agg(distinct model, ', ' order by model) from worth where study_id = $study)
        as nested,
    (select string_agg(distinct network, ', ' order by network) from network
        where study_id = $study and fold = 0 and model = 'DL') as networks,
    (select count(*) from network where study_id = $study and fold > 0) as fold_networks,
    (select string_agg(distinct device, ', ' order by device) from network
        where study_id = $study) as devices
from part
