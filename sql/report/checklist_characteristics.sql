-- Baseline characteristics by part and outcome.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} characteristics with counts and tests', count(distinct factor)) as evidence
from characteristic
where study_id = $study
