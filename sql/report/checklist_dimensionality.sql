-- Features against patients, and what chance alone would give.
-- parameters: study
with training as (
    select count(*) as n, count(*) filter (y_true = 1) as events
    from split
    where study_id = $study and repeat = 0 and role = 'train'
),
chance as (
    select max(permutations) as permutations, min(p_value) as p_value
    from worth
    where study_id = $study
)
select
    if(coalesce(c.permutations, 0) > 0, 'yes', 'no') as answer,
    format('{} features for {} training patients with {} events; {} permutations of the outcome, '
        || 'smallest P {}',
        (select count(*) from feature_selection where study_id = $study and kept), t.n, t.events,
        coalesce(c.permutations, 0), coalesce(round(c.p_value, 3)::varchar, 'none')) as evidence
from training as t, chance as c
