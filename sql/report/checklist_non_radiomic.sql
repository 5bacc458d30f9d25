-- Models without images: clinical factors, staging systems, blood indexes.
-- parameters: study
with shown as (
    select distinct model, algorithm || if(model = 'CR', ' on clinical factors', '') as name
    from model_fit
    where study_id = $study and model in ('CR', 'staging')
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    coalesce(string_agg(name, ', ' order by model, name), 'none') as evidence
from shown
