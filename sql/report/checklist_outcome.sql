-- Definition of the endpoint, and how many have it.
-- parameters: study
with endpoint as (
    select file_json->>'$.endpoint' as name from study where study_id = $study
),
declared as (
    select unnest(from_json(c.file_json->'$.endpoint', '["json"]')) as text
    from cohort as c
    where c.cohort_id in (select cohort_id from split where study_id = $study)
),
months as (
    select max((text->>'$.within_months')::double) as n
    from declared, endpoint
    where text->>'$.name' = endpoint.name
),
part as (
    from split where study_id = $study and repeat = 0 and role <> 'unused'
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{}{}: {} of {} patients', (select name from endpoint),
        coalesce(' within ' || (select n from months)::integer || ' months', ''),
        count(*) filter (y_true = 1), count(*)) as evidence
from part
