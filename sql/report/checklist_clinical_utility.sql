-- Net benefit over thresholds.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('decision curves of {} fits, thresholds {} to {}', count(distinct fit_id),
        coalesce(min(threshold)::varchar, '?'), coalesce(max(threshold)::varchar, '?')) as evidence
from decision_curve
where study_id = $study
