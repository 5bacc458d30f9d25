-- Imaging protocol: what the headers tell.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
)
select
    case
        when count(*) > 0 and count(field_strength_t) = count(*)
            and count(repetition_time_ms) = count(*) and count(echo_time_ms) = count(*) then 'yes'
        when count(field_strength_t) + count(repetition_time_ms) > 0 then 'partly'
        else 'no'
    end as answer,
    format('{} images; field strength of {}, repetition time of {}, time after injection of {}',
        count(*), count(field_strength_t), count(repetition_time_ms),
        count(time_after_injection_s)) as evidence
from acquisition semi join cohorts using (cohort_id)
