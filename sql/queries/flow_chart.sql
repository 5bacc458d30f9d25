-- The flow chart: recruited, excluded by criterion, included, and how they were split.
-- parameters: cohort
with excluded as (
    from exclusion where cohort_id = $cohort
),
included as (
    select p.patient_id, p.given_split, o.value as event
    from patient as p
    left join outcome as o using (cohort_id, patient_id)
    where p.cohort_id = $cohort
        and not exists (select 1 from excluded as e where e.patient_id = p.patient_id)
)
select step, text, n
from (
    select
        0 as step,
        'recruited' as text,
        (select count(distinct patient_id) from included) + (select count(*) from excluded) as n
    union all
    select position, 'excluded: ' || reason, count(*) from excluded group by all
    union all
    select 1000, 'included', count(distinct patient_id) from included
    union all
    select
        1001,
        coalesce(given_split, 'no given split')
        || case event when 1 then ', event' when 0 then ', no event' else ', no outcome' end,
        count(*)
    from included
    group by all
)
order by step, text
