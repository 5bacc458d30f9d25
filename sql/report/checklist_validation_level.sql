-- How far from the training patients the models were tested.
-- parameters: study
with tested as (
    select distinct role, cohort_id
    from prediction
    where study_id = $study and role in ('validation', 'external')
)
select
    case
        when bool_or(role = 'external') then 'yes'
        when count(*) > 0 then 'partly'
        else 'no'
    end as answer,
    coalesce(string_agg(role || ' patients of ' || cohort_id, ', ' order by role, cohort_id),
        'no testing apart from training') as evidence
from tested
