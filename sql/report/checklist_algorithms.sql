-- Models that were fitted.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    coalesce(
        string_agg(distinct model || ' ' || algorithm, ', ' order by model || ' ' || algorithm),
        'none') as evidence
from model_fit
where study_id = $study and model <> 'staging'
