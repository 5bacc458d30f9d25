-- How many features each step of a study's selection leaves, on the training patients; of the screen
-- also how many would pass by chance if no feature differed, and how many have a q (Benjamini and
-- Hochberg) below the same limit.
-- parameters: study
with reliable as (
    select
        phase,
        feature_name,
        bool_and(kept) filter (comparison = 'intra') as intra,
        bool_and(kept) filter (comparison = 'inter') as inter
    from lake.feature_reliability
    where study_id = study
    group by all
)
select
    position,
    step,
    features,
    expected_by_chance,
    q_below_alpha,
    (select any_value(alpha) from lake.feature_screen where study_id = study) as alpha,
    coalesce((
        select value
        from lake.study_setting
        where study_id = study and name = 'validation.chain.reliability.threshold'
    ), 'the limit') as icc_limit
from (
    select
        1 as position,
        'extracted' as step,
        count(*) as features,
        null::double as expected_by_chance,
        null::bigint as q_below_alpha
    from reliable
    union all
    select 2, 'reliable within the reader', count(*), null, null from reliable where intra
    union all
    select 3, 'reliable between readers as well', count(*), null, null
    from reliable
    where intra and inter
    union all
    select
        4,
        'screened: differ with the event',
        count(*) filter (kept),
        any_value(alpha) * count(p_value),
        count(*) filter (q_value < alpha)
    from lake.feature_screen
    where study_id = study
    union all
    select 5, 'selected by the LASSO', count(*), null, null
    from lake.feature_selection
    where study_id = study and kept
)
