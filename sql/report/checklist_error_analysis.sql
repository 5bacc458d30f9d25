-- Patients whom the models misjudge.
-- parameters: study
with wrong as (
    select fit_id, count(*) filter (coalesce(y_score >= threshold, false) <> (y_true = 1)) as n
    from prediction
    where study_id = $study and role in ('validation', 'external') and permutation = 0
    group by fit_id
)
select
    if(count(*) > 0, 'partly', 'no') as answer,
    coalesce(
        format('{} fits misjudge {} to {} of the test patients; why is for the author to judge',
            count(*), min(n), max(n)),
        'no test patient') as evidence
from wrong
