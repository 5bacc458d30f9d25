-- Intervals of the measures, and the spread over repetitions.
-- parameters: study
select
    if(count(ci_low) > 0, 'yes', 'no') as answer,
    format('{} of {} measures with an interval; AUC of {} models over repeated nested folds',
        count(ci_low), count(*), (select count(*) from worth where study_id = $study and sd > 0))
        as evidence
from metric
where study_id = $study
