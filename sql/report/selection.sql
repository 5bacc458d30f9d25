-- The features that the LASSO selects: coefficient of the z-scored feature, and in how many
-- resamples screen and LASSO select it again.
-- parameters: study
select
    phase,
    feature_name,
    coefficient,
    frequency,
    penalty
from feature_selection
where study_id = $study and kept
order by abs(coefficient) desc, phase, feature_name
limit 50
