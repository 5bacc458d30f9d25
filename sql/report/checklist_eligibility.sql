-- Criteria by which patients were excluded.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
),
criterion as (
    select reason, count(*) as n
    from exclusion semi join cohorts using (cohort_id)
    group by reason
)
select
    if(count(*) > 0, 'yes', 'author') as answer,
    if(count(*) > 0, string_agg(reason || ': ' || n, '; ' order by reason),
        'no exclusion is recorded: the author must give the criteria') as evidence
from criterion
