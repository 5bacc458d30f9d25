-- Does the scanner explain the prediction?
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('AUC by {}: {} tests, {} with P < 0.05',
        coalesce(string_agg(distinct subgroup, ', ' order by subgroup), 'nothing'),
        count(p_value), count(*) filter (p_value < 0.05)) as evidence
from subgroup_metric
where study_id = $study
