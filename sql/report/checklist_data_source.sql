-- Where the data come from.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    coalesce(
        string_agg(title || if(synthetic::boolean, ' (synthetic)', ''), '; ' order by cohort_id),
        'no cohort') as evidence
from cohort semi join cohorts using (cohort_id)
