-- The workflow in this study's own numbers: patients, features after each step, and what each model
-- is built from.
-- parameters: study
with reliable as (
    select phase, feature_name, bool_and(kept) as kept
    from feature_reliability
    where study_id = $study
    group by all
),
step as (
    select 1 as position, 'patients' as step, role as detail, count(*) as n
    from split
    where study_id = $study and repeat = 0 and role <> 'unused'
    group by role
    union all
    select 2, 'extracted', phase, count(*) from reliable group by phase
    union all
    select 3, 'reliable', phase, count(*) filter (kept) from reliable group by phase
    union all
    select 4, 'screened', phase, count(*) filter (kept)
    from feature_screen where study_id = $study group by phase
    union all
    select 5, 'selected', phase, count(*) filter (kept)
    from feature_selection where study_id = $study group by phase
    union all
    select 6, 'factors', factor, max(n)
    from risk_factor
    where study_id = $study and analysis = 'final' and odds_ratio is not null
    group by factor
    union all
    select 7, 'network', network, max(parameters)
    from network where study_id = $study and fold = 0 and model = 'DL' group by network
    union all
    select 8, 'model', model || ': ' || string_agg(algorithm, ', ' order by fit_id), max(n_features)
    from model_fit
    where study_id = $study and model <> 'staging'
    group by model
)
from step
order by
    position,
    list_position(['train', 'validation', 'external'], detail),
    list_position(
        (select from_json(file_json->'$.phases', '["varchar"]') from study where study_id = $study),
        detail
    ),
    list_position(['CR', 'radiomics', 'DL', 'RCR', 'DLRCR'], split_part(detail, ':', 1)),
    detail
