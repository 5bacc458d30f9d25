-- Features left by each step.
-- parameters: study
with reliable as (
    select phase, feature_name, bool_and(kept) as kept
    from feature_reliability
    where study_id = $study
    group by all
)
select
    if((select count(*) from feature_selection where study_id = $study) > 0, 'yes', 'no') as answer,
    format('{} features, {} repeatable, {} after the screen, {} after the LASSO', count(*),
        count(*) filter (kept),
        (select count(*) from feature_screen where study_id = $study and kept),
        (select count(*) from feature_selection where study_id = $study and kept)) as evidence
from reliable
