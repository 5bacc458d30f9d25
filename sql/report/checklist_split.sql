-- How the patients were divided.
-- parameters: study
with part as (
    select s.role, s.y_true, p.given_split
    from split as s left join patient as p using (cohort_id, patient_id)
    where s.study_id = $study and s.repeat = 0 and s.role in ('train', 'validation')
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('training {} ({} events), validation {} ({} events); {}',
        count(*) filter (role = 'train'), count(*) filter (role = 'train' and y_true = 1),
        count(*) filter (role = 'validation'),
        count(*) filter (role = 'validation' and y_true = 1),
        if(count(given_split) > 0, 'as the source divided them',
            'drawn by the hash of the images, so that it repeats')) as evidence
from part
