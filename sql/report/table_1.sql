-- Table 1: the patients, then characteristics by part of the split and event, with the tests between
-- them, and why a test is missing.
-- parameters: study
with wide as (
    select
        factor,
        level,
        any_value(n_a) filter (comparison = 'train') as train_event,
        any_value(100 * n_a / nullif(total_a, 0)) filter (comparison = 'train')
            as train_event_percent,
        any_value(n_b) filter (comparison = 'train') as train_none,
        any_value(100 * n_b / nullif(total_b, 0)) filter (comparison = 'train')
            as train_none_percent,
        any_value(p_value) filter (comparison = 'train') as train_p,
        any_value(n_a) filter (comparison = 'validation') as validation_event,
        any_value(100 * n_a / nullif(total_a, 0)) filter (comparison = 'validation')
            as validation_event_percent,
        any_value(n_b) filter (comparison = 'validation') as validation_none,
        any_value(100 * n_b / nullif(total_b, 0)) filter (comparison = 'validation')
            as validation_none_percent,
        any_value(p_value) filter (comparison = 'validation') as validation_p,
        any_value(p_value) filter (comparison = 'split') as split_p
    from characteristic
    where study_id = $study and factor <> 'event' and level <> 'years'
    group by factor, level
),
patients as (
    select
        n_a as train_event,
        total_a - n_a as train_none,
        n_b as validation_event,
        total_b - n_b as validation_none,
        p_value as split_p
    from characteristic
    where study_id = $study and (factor, level, comparison) = ('event', 'event', 'split')
),
placed as (
    select
        coalesce(t.position, 999) as position,
        coalesce(t.title, factor) as characteristic,
        row_number() over (partition by factor order by w.level) as line,
        replace(replace(replace(replace(w.level, 'non_', 'non-'), '_', ' '), '<=', '≤'), '>=', '≥')
            as text,
        if(train_p is null and train_event is not null, 'training: one level, no test', null)
            as train_remark,
        if(validation_p is null and validation_event is not null,
            'validation: one level, no test', null) as validation_remark,
        if(split_p is null and validation_event is not null,
            'between them: one level, no test', null) as split_remark,
        w.* exclude (factor, level)
    from wide as w
    left join factor_titles(false) as t using (factor)
    union all by name
    select
        0 as position,
        'Patients' as characteristic,
        1 as line,
        'P: share with the event' as split_remark,
        *
    from patients
)
select
    if(line = 1, characteristic, null) as characteristic,
    upper(left(text, 1)) || substr(text, 2) as level,
    * exclude (position, characteristic, line, text, train_remark, validation_remark, split_remark)
    replace (
        -- a test is of all levels of a factor: it stands once
        if(line = 1, train_p, null) as train_p,
        if(line = 1, validation_p, null) as validation_p,
        if(line = 1, split_p, null) as split_p
    ),
    if(line = 1, nullif(concat_ws('; ', train_remark, validation_remark, split_remark), ''), null)
        as remark
from placed
order by position, placed.characteristic, line
