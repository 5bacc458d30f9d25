-- Is one phase enough?
-- parameters: study
with phase as (
    select distinct phase from feature_reliability where study_id = $study
)
select
    if(count(*) = 1, 'yes', 'no') as answer,
    format('{} phases are used together ({}), and no model of one alone is fitted', count(*),
        coalesce(string_agg(phase, ', ' order by phase), 'none')) as evidence
from phase
