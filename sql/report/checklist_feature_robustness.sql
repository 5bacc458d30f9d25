-- Features that repeat between delineations.
-- parameters: study
with feature as (
    select phase, feature_name, bool_and(kept) as kept, bool_and(origin = 'none') as untested
    from feature_reliability
    where study_id = $study
    group by all
)
select
    case
        when count(*) = 0 or bool_and(untested) then 'no'
        else 'yes'
    end as answer,
    format('{} of {} features are repeatable{}', count(*) filter (kept), count(*),
        if(coalesce(bool_and(untested), false), ', but nobody drew again: nothing was tested', ''))
        as evidence
from feature
