-- Models that join radiomics with clinical factors.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    coalesce(
        string_agg(model || ' ' || algorithm || ' with ' || n_features || ' inputs', ', '
            order by fit_id),
        'none') as evidence
from model_fit
where study_id = $study and model in ('RCR', 'DLRCR')
