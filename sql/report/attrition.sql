-- Who was recruited, excluded by which criterion, and how many remained after each.
-- parameters: study
with chosen as (
    select distinct cohort_id from split where study_id = $study
),
gone as (
    select cohort_id, position, reason, count(*) as n
    from exclusion
    where cohort_id in (from chosen)
    group by all
),
included as (
    select cohort_id, count(*) as n
    from patient as p
    where cohort_id in (from chosen)
        and not exists (
            select 1 from exclusion as e
            where e.cohort_id = p.cohort_id and e.patient_id = p.patient_id
        )
    group by all
),
steps as (
    select cohort_id, 0 as position, 'recruited' as step, null::bigint as excluded from included
    union all
    select cohort_id, position, reason, n from gone
    union all
    select
        cohort_id,
        1000,
        'not usable: ' || coalesce(reason, 'unknown'),
        count(*)
    from split anti join exclusion using (cohort_id, patient_id)
    where study_id = $study and repeat = 0 and role = 'unused'
    group by cohort_id, reason
),
total as (
    select cohort_id, any_value(i.n) + coalesce(sum(g.n), 0) as n
    from included as i
    left join gone as g using (cohort_id)
    group by all
)
select
    s.cohort_id,
    s.step,
    s.excluded,
    (t.n - coalesce(sum(s.excluded) over (
        partition by s.cohort_id order by s.position, s.step
    ), 0))::bigint as remaining
from steps as s
join total as t using (cohort_id)
order by s.cohort_id, s.position, s.step
