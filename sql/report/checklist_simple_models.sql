-- A simple model to compare with.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('logistic regression among {} fits; training prevalence {}', count(*),
        coalesce(round(max(prevalence), 3)::varchar, 'unknown')) as evidence
from model_fit
where study_id = $study and algorithm = 'LR'
