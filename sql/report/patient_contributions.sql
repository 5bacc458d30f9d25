-- Values of the features that were selected, beside the training patients' mean and deviation.
-- parameters: study
with kept as (
    select phase, feature_name from feature_selection where study_id = $study and kept
),
asked as (
    select e.cohort_id, e.settings_id
    from settings as e
    where e.step = 'radiomics'
        and list_contains(string_split(replace(e.asked_by, 'study ', ''), ', '), $study)
),
measured as (
    select v.cohort_id, v.patient_id, v.phase, v.feature_name, v.value, s.role
    from feature_value as v
    join kept as k using (phase, feature_name)
    join asked as a using (cohort_id, settings_id)
    join split as s using (cohort_id, patient_id)
    where s.study_id = $study and s.repeat = 0 and v.is_reference
),
trained as (
    -- a sum in the order of the values is the same in whatever order the rows are read
    select
        phase,
        feature_name,
        avg(value order by value) as mean,
        stddev_pop(value order by value) as sd
    from measured
    where role = 'train'
    group by phase, feature_name
)
select
    m.cohort_id,
    m.patient_id,
    m.phase || '_' || m.feature_name as name,
    m.value,
    (m.value - t.mean) / nullif(t.sd, 0) as z_score
from measured as m
join trained as t using (phase, feature_name)
order by m.cohort_id, m.patient_id, name
