-- Models without images: clinical factors, staging systems, blood indexes.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    coalesce(string_agg(distinct algorithm || if(model = 'CR', ' on clinical factors', ''), ', '),
        'none') as evidence
from model_fit
where study_id = $study and model in ('CR', 'staging')
