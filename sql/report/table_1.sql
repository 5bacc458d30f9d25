-- Table 1: characteristics by part of the split and event, with the tests between them.
-- parameters: study
with named (position, factor, title) as (
    values
    (1, 'sex', 'Gender'),
    (2, 'hepatitis', 'History of hepatitis B or C'),
    (3, 'afp', 'AFP (IU/mL)'),
    (4, 'alt', 'ALT (U/L)'),
    (5, 'ast', 'AST (U/L)'),
    (6, 'ggt', 'GGT (U/L)'),
    (7, 'tbil', 'Total bilirubin (umol/L)'),
    (8, 'alb', 'Albumin (g/L)'),
    (9, 'child_pugh', 'Child-Pugh class'),
    (10, 'diameter', 'Tumour diameter (cm)'),
    (11, 'number', 'Tumour number'),
    (12, 'margin', 'Tumour margin'),
    (13, 'necrosis', 'Necrosis'),
    (14, 'hemorrhage', 'Hemorrhage'),
    (15, 'encapsulation', 'Encapsulation'),
    (16, 'peritumoral_enhancement', 'Arterial peritumoral enhancement'),
    (17, 'cirrhosis', 'Radiological cirrhosis'),
    (18, 'event', 'Event')
),
wide as (
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
    where study_id = $study and (factor, level) <> ('event', 'none') and level <> 'years'
    group by factor, level
)
select
    if(w.level = min(w.level) over (partition by factor), coalesce(n.title, factor), null)
        as characteristic,
    replace(replace(replace(w.level, '_', ' '), '<=', '≤'), '>=', '≥') as level,
    w.* exclude (factor, level, train_p, validation_p, split_p),
    -- a test is of all levels of a factor: it stands once
    if(w.level = min(w.level) over (partition by factor), train_p, null) as train_p,
    if(w.level = min(w.level) over (partition by factor), validation_p, null) as validation_p,
    if(w.level = min(w.level) over (partition by factor), split_p, null) as split_p
from wide as w
left join named as n using (factor)
order by coalesce(n.position, 999), factor, w.level
