-- Scaling of the features.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('z-scores with the mean and SD of the training patients; {} features', count(*))
        as evidence
from feature_selection
where study_id = $study
