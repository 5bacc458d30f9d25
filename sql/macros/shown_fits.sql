-- The fit that stands for each model of a study where there are several: the chosen one, staging aside.
-- parameters: study
select fit_id, model, algorithm
from lake.model_fit
where study_id = study and model <> 'staging'
qualify row_number() over (partition by model order by choice is null, fit_id) = 1
