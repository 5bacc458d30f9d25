-- Training patients against validation patients.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} characteristics compared between training and validation, {} with P < 0.05',
        count(distinct factor), count(distinct factor) filter (p_value < 0.05)) as evidence
from characteristic
where study_id = $study and comparison = 'split'
