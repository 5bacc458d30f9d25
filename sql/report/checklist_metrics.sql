-- Which measures of performance are reported.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} measures of {} fits: {}', count(distinct metric), count(distinct fit_id),
        coalesce(string_agg(distinct metric, ', ' order by metric), 'none')) as evidence
from metric
where study_id = $study and metric not like 'recalibrated%'
