-- Performance in groups of patients.
-- parameters: study
select
    'no' as answer,
    format('performance is reported by {}, and by no group of people',
        coalesce(string_agg(distinct subgroup, ', ' order by subgroup), 'nothing')) as evidence
from subgroup_metric
where study_id = $study
