-- Networks that were trained.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'not applicable') as answer,
    format('{} networks: {}', count(*),
        coalesce(string_agg(distinct network, ', ' order by network), 'none')) as evidence
from network
where study_id = $study and fold = 0
