-- Hand-crafted features and a network in one model.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} fits of DLRCR', count(*)) as evidence
from model_fit
where study_id = $study and model = 'DLRCR'
