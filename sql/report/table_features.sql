-- How many features each step of the selection leaves, with the limits of the steps.
-- parameters: study
select
    upper(left(step, 1)) || substr(step, 2) as step,
    * exclude (position, step)
from left_features($study)
order by position
