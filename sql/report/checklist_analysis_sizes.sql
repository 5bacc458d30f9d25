-- Patients and events in each analysis.
-- parameters: study
with part as (
    select fit_id, role, count(*) as n, count(*) filter (y_true = 1) as events
    from prediction
    where study_id = $study and permutation = 0
    group by fit_id, role
),
size as (
    select distinct role, n, events from part
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    coalesce(
        string_agg(role || ' ' || n || ' (' || events || ' events)', ', '
            order by list_position(['train', 'validation', 'out_of_fold', 'external'], role), n,
                events),
        'none') as evidence
from size
