-- P values of Table 1 as printed beside those of a study: event against none in each part,
-- and training against validation.
-- Source: Zhao Y et al. Front Oncol 2024, doi 10.3389/fonc.2024.1446386, Table 1; the rate of early
-- recurrence is from its text. Age cannot be rebuilt: its mean and SD are printed, not the ages.
-- parameters: study
with printed (position, factor, train_printed, validation_printed, split_printed, note) as (
    values
    (1, 'sex', 0.355, 1.000, 0.958, null),
    (2, 'age', 0.604, 0.758, 0.642, 'cannot be rebuilt: mean and SD are printed, not the ages'),
    (3, 'hepatitis', 0.733, 1.000, 0.199, null),
    (4, 'afp', 0.046, 0.607, 0.397, null),
    (5, 'alt', 0.234, 1.000, 1.000, null),
    (6, 'ast', 0.016, 1.000, 0.128, null),
    (7, 'ggt', 0.084, 0.923, 0.785, null),
    (8, 'tbil', 0.424, 0.108, 0.081, null),
    (9, 'alb', 0.624, 0.266, 1.000, null),
    (10, 'child_pugh', 1.000, null, 0.127, null),
    (11, 'diameter', 0.024, 0.009, 0.899, null),
    (12, 'number', 0.442, 0.346, 0.776, null),
    (13, 'margin', 0.567, 0.266, 0.550, null),
    (14, 'necrosis', 0.523, 1.000, 0.399, null),
    (15, 'hemorrhage', 0.258, 0.064, 0.573, null),
    (16, 'encapsulation', 0.284, 0.674, 0.891, null),
    (17, 'peritumoral_enhancement', 0.424, 0.447, 0.525, null),
    (18, 'cirrhosis', 0.731, 1.000, 0.133, null),
    (19, 'event', null, null, 0.782, null)
),
ours as (
    select
        factor,
        any_value(p_value) filter (comparison = 'train') as train,
        any_value(p_value) filter (comparison = 'validation') as validation,
        any_value(p_value) filter (comparison = 'split') as split
    from lake.characteristic
    where study_id = study
    group by factor
)
select
    p.position,
    p.factor,
    p.train_printed,
    o.train,
    p.validation_printed,
    o.validation,
    p.split_printed,
    o.split,
    p.note
from printed as p
left join ours as o using (factor)
