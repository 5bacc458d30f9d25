-- The staging systems and blood indexes of a study, and the most comprehensive model there is, which
-- they are shown beside, at position 0.
-- parameters: study
select fit_id, algorithm as series, 1 as position
from lake.model_fit
where study_id = study and model = 'staging'
union all
from (
    select fit_id, model, 0
    from lake.model_fit
    where study_id = study and model in ('CR', 'RCR', 'DLRCR')
    order by list_position(['DLRCR', 'RCR', 'CR'], model), fit_id
    limit 1
)
