-- Were networks tested on repeated delineations or scans?
-- parameters: study
select
    if(count(*) = 0, 'not applicable', 'no') as answer,
    if(count(*) = 0, 'no network is trained',
        'crops follow the reference delineation alone; repeated ones are not scored') as evidence
from network
where study_id = $study and fold = 0
