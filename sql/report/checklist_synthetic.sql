-- Are the patients and images real?
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
)
select
    case
        when bool_and(synthetic::boolean) then 'no'
        when bool_or(synthetic::boolean) then 'partly'
        else 'yes'
    end as answer,
    coalesce(
        string_agg(cohort_id || if(synthetic::boolean, ' (synthetic)', ''), ', '
            order by cohort_id),
        'no cohort') as evidence
from cohort semi join cohorts using (cohort_id)
