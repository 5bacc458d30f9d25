-- How many features each step of a study's selection leaves, on the training patients; of the screen
-- also how many would pass by chance if no feature differed, and how many have a q (Benjamini and
-- Hochberg) below the same limit.
-- parameters: study
select step, features, expected_by_chance, q_below_alpha
from left_features($study)
order by position
