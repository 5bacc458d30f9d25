-- The paper's Tables 2 and 4 beside this study; P is that of training against validation, in the row
-- of the validation patients.
-- parameters: study
from paper_models($study)
order by printed_in, model, algorithm, role = 'validation', role, cohort_id
