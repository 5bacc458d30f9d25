-- The threshold, and on whom it was chosen.
-- parameters: study
select
    if(count(threshold) > 0, 'yes', 'no') as answer,
    format('{} of {} fits have a threshold, chosen on the training patients', count(threshold),
        count(*)) as evidence
from model_fit
where study_id = $study
