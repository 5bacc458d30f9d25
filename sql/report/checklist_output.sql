-- What a model gives: a risk, and a class.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} fits give a score{}, and a class from a threshold of training', count(*),
        if(count(*) filter (model <> 'staging') > 0, ', of the models a probability', ''))
        as evidence
from model_fit
where study_id = $study
