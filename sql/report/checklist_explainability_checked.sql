-- Do the maps depend on what the network learned?
-- parameters: study
select
    if(count(*) filter (weights = 'random') > 0, 'yes', 'no') as answer,
    format('{} maps of networks with random weights, median correlation with the trained one {}',
        count(*) filter (weights = 'random'),
        coalesce(round(median(correlation) filter (weights = 'random'), 2)::varchar, 'unknown'))
        as evidence
from attribution
where study_id = $study
