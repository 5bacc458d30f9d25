-- How a prediction is made.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} predictions, each by the stored model under its hash', count(*)) as evidence
from prediction
where study_id = $study
