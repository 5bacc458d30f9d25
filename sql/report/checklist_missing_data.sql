-- Patients left out, and inputs that are missing.
-- parameters: study
with training as (
    select count(*) as n from split where study_id = $study and repeat = 0 and role = 'train'
),
unused as (
    select count(*) as n from split where study_id = $study and repeat = 0 and role = 'unused'
)
select
    if(any_value(t.n) > 0, 'yes', 'no') as answer,
    format('{} patients unused, each with its reason; models are fitted on complete cases, '
        || '{} to {} of {} training patients', any_value(u.n), coalesce(min(f.n), 0), coalesce(max(f.n), 0),
        any_value(t.n)) as evidence
from training as t, unused as u left join (from model_fit where study_id = $study) as f on true
