-- Does the scanner explain the prediction? Tests on patients that the models were not fitted on; of
-- two levels the test is one, though it stands beside each.
-- parameters: study
with test as (
    select subgroup, min(p_value) as p_value
    from subgroup_metric
    where study_id = $study and role <> 'train' and p_value is not null
    group by fit_id, cohort_id, role, subgroup
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('AUC by {}: {} fits and parts tested, {} with P < 0.05',
        coalesce(string_agg(distinct subgroup, ', ' order by subgroup), 'nothing'),
        count(*), count(*) filter (p_value < 0.05)) as evidence
from test
