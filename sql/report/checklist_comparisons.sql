-- Tests between models.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} paired and {} unpaired DeLong tests', count(*) filter (test = 'paired'),
        count(*) filter (test = 'unpaired')) as evidence
from comparison
where study_id = $study
