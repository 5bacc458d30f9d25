-- Is a model given in full?
-- parameters: study
select
    if(count(artifact_sha256) > 0, 'yes', 'no') as answer,
    format('{} fits with scaler, inputs, coefficients and threshold, under their hash',
        count(artifact_sha256)) as evidence
from model_fit
where study_id = $study and model <> 'staging'
