-- Comparison with published work.
-- parameters: study
with system as (
    select distinct algorithm from model_fit where study_id = $study and model = 'staging'
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} published systems and indexes on the same patients: {}', count(*),
        coalesce(string_agg(algorithm, ', ' order by algorithm), 'none')) as evidence
from system
