-- Time from imaging to surgery.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
)
select
    case
        when count(days_from_surgery) = 0 then 'no'
        when count(days_from_surgery) = count(*) then 'yes'
        else 'partly'
    end as answer,
    format('known for {} of {} images; at most {} days', count(days_from_surgery), count(*),
        coalesce(max(abs(days_from_surgery))::integer::varchar, 'unknown')) as evidence
from acquisition semi join cohorts using (cohort_id)
