-- Are the fitted models there as files?
-- parameters: study
select
    if(count(artifact_sha256) > 0, 'partly', 'no') as answer,
    format('{} of {} fits are stored as files under their hash; sharing them is for the author',
        count(artifact_sha256), count(*)) as evidence
from model_fit
where study_id = $study and model <> 'staging'
