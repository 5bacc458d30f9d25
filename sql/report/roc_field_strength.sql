-- ROC curves of the radiomics model by field strength of the first phase, with the AUC, its
-- interval and the test between the strengths; where several cohorts develop the models, all of
-- them together.
-- parameters: study
with shown as (
    select fit_id
    from model_fit
    where study_id = $study and model = 'radiomics'
    order by choice is null, fit_id
    limit 1
),
nominal as (
    select distinct level, replace(level, ' T', '')::double as strength_t
    from subgroup_metric
    where study_id = $study and subgroup = 'field_strength_t'
),
strength as (
    select
        cohort_id,
        patient_id,
        arg_min(level, abs(strength_t - field_strength_t)) as level
    from acquisition cross join nominal
    where field_strength_t is not null
        and phase = (select file_json->>'$.phases[0]' from study where study_id = $study)
    group by cohort_id, patient_id
),
place as (
    select role, cohort_id
    from subgroup_metric join shown using (fit_id)
    where study_id = $study
    group by role, cohort_id
    qualify row_number() over (
        partition by role, if(role = 'external', cohort_id, null)
        order by length(cohort_id) desc, cohort_id
    ) = 1
),
counted as (
    select
        p.fit_id,
        place.cohort_id,
        p.role,
        s.level,
        p.y_score as threshold,
        count(*) filter (p.y_true = 1) as events,
        count(*) filter (p.y_true = 0) as others
    from prediction as p
    join shown using (fit_id)
    join strength as s using (cohort_id, patient_id)
    join place on p.role = place.role and (p.role <> 'external' or p.cohort_id = place.cohort_id)
    where p.study_id = $study and p.permutation = 0
    group by all
),
summed as (
    select
        *,
        sum(others) over reached / sum(others) over everyone as false_positive_rate,
        sum(events) over reached / sum(events) over everyone as sensitivity
    from counted
    window
        everyone as (partition by fit_id, cohort_id, role, level),
        reached as (partition by fit_id, cohort_id, role, level order by threshold desc)
),
curve as (
    select fit_id, cohort_id, role, level, threshold, false_positive_rate, sensitivity from summed
    union all
    select distinct fit_id, cohort_id, role, level, null, 0, 0 from summed
)
select
    role,
    cohort_id,
    level as series,
    fit_id,
    m.n,
    m.auc,
    m.ci_low,
    m.ci_high,
    m.p_value,
    row_number() over (partition by role, cohort_id, level order by c.threshold desc nulls first)
        as point,
    c.threshold,
    c.false_positive_rate,
    c.sensitivity
from curve as c
join subgroup_metric as m using (fit_id, cohort_id, role, level)
where m.study_id = $study and m.subgroup = 'field_strength_t' and m.auc is not null
order by
    list_position(['train', 'validation', 'out_of_fold', 'external'], role), cohort_id,
    level, point
