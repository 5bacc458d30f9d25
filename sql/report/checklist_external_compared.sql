-- Do external patients differ from those of development?
-- parameters: study
select
    if(count(*) = 0, 'not applicable', 'partly') as answer,
    if(count(*) = 0, 'no external patient',
        'their characteristics are in the store, and not compared by a test') as evidence
from split
where study_id = $study and repeat = 0 and role = 'external'
