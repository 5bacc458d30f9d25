-- How many features each step of a study's selection leaves, on the training patients.
-- parameters: study
with reliable as (
    select
        phase,
        feature_name,
        bool_and(kept) filter (comparison = 'intra') as intra,
        bool_and(kept) filter (comparison = 'inter') as inter
    from feature_reliability
    where study_id = $study
    group by all
)
select step, features
from (
    select 1 as position, 'extracted' as step, count(*) as features from reliable
    union all
    select 2, 'reliable within the reader', count(*) from reliable where intra
    union all
    select 3, 'reliable between readers as well', count(*) from reliable where intra and inter
    union all
    select 4, 'screened: differ with the event', count(*)
    from feature_screen
    where study_id = $study and kept
    union all
    select 5, 'selected by the LASSO', count(*)
    from feature_selection
    where study_id = $study and kept
)
order by position
