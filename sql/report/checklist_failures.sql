-- What could not be used, and images of poor quality.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
),
refused as (
    select count(*) as n from rejected semi join cohorts using (cohort_id)
),
judged as (
    select count(*) as n from image_quality semi join cohorts using (cohort_id)
)
select
    if(judged.n > 0, 'yes', 'no') as answer,
    format('quality of {} images measured; {} inputs refused, each with its reason', judged.n,
        refused.n) as evidence
from refused, judged
