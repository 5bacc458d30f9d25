-- The features that the LASSO selects: coefficient of the z-scored feature, and in how many
-- resamples screen and LASSO select it again; family, rule, and Nogueira's index of stability.
-- parameters: study
select
    phase,
    feature_name,
    coefficient,
    frequency,
    penalty,
    family,
    rule,
    stability,
    count(*) over () as selected
from feature_selection
where study_id = $study and kept
order by abs(coefficient) desc, phase, feature_name
limit 50
