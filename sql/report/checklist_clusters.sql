-- Differences between cohorts and scanners.
-- parameters: study
with level as (
    select distinct subgroup, level from subgroup_metric where study_id = $study
),
tested as (
    select count(distinct cohort_id) as n
    from prediction
    where study_id = $study and role in ('validation', 'external')
)
select
    if(count(level) > 0 or any_value(n) > 1, 'yes', 'no') as answer,
    format('scanner groups: {}; cohorts tested: {}', count(level), any_value(n)) as evidence
from tested left join level on true
