-- Share of patients with the event.
-- parameters: study
select
    'partly' as answer,
    format('{} of {} training patients have the event; thresholds are chosen for it, radiomics '
        || 'models are not weighted', count(*) filter (y_true = 1), count(*)) as evidence
from split
where study_id = $study and repeat = 0 and role = 'train'
