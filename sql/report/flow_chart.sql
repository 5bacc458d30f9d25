-- The flow chart: recruited, excluded by reason in order, unused in this study, and the parts that
-- the others play, with and without the event.
-- parameters: study
with part as (
    from split where study_id = $study and repeat = 0
),
member as (
    select distinct
        cohort_id,
        if(list_contains(from_json(s.file_json->'$.development', '["varchar"]'), cohort_id),
            'development', 'external') as purpose
    from part, study as s
    where s.study_id = $study
),
recruited as (
    select cohort_id, patient_id from patient semi join member using (cohort_id)
    union
    select cohort_id, patient_id from exclusion semi join member using (cohort_id)
),
step as (
    select cohort_id, 0 as position, 'recruited' as kind, null as text, null as y_true
    from recruited
    union all
    select cohort_id, position, 'excluded', reason, null
    from exclusion semi join member using (cohort_id)
    union all
    select cohort_id, 1000, 'unused', reason, null
    from part anti join exclusion using (cohort_id, patient_id)
    where role = 'unused'
    union all
    select cohort_id, 1001, 'included', null, y_true from part where role <> 'unused'
    union all
    select
        cohort_id,
        list_position(['train', 'validation', 'external'], role) + 1001,
        'part',
        role,
        y_true
    from part
    where role <> 'unused'
)
select
    m.purpose,
    (select file_json->>'$.endpoint' from study where study_id = $study) as endpoint,
    string_agg(distinct cohort_id, ' + ' order by cohort_id) as cohorts,
    s.position,
    s.kind,
    s.text,
    count(*) as n,
    count(*) filter (s.y_true = 1) as event,
    count(*) filter (s.y_true = 0) as no_event
from step as s
join member as m using (cohort_id)
group by m.purpose, s.position, s.kind, s.text
order by m.purpose, s.position, s.kind, s.text
