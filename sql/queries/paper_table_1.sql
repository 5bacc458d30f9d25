-- P values of Table 1 as printed beside those of a study: event against none in each part,
-- and training against validation.
-- Source: Zhao Y et al. Front Oncol 2024, doi 10.3389/fonc.2024.1446386, Table 1; the rate of early
-- recurrence is from its text. Age is no table of counts.
-- parameters: study
with printed (position, factor, train_printed, validation_printed, split_printed) as (
    values
    (1, 'sex', 0.355, 1.000, 0.958),
    (2, 'hepatitis', 0.733, 1.000, 0.199),
    (3, 'afp', 0.046, 0.607, 0.397),
    (4, 'alt', 0.234, 1.000, 1.000),
    (5, 'ast', 0.016, 1.000, 0.128),
    (6, 'ggt', 0.084, 0.923, 0.785),
    (7, 'tbil', 0.424, 0.108, 0.081),
    (8, 'alb', 0.624, 0.266, 1.000),
    (9, 'child_pugh', 1.000, null, 0.127),
    (10, 'diameter', 0.024, 0.009, 0.899),
    (11, 'number', 0.442, 0.346, 0.776),
    (12, 'margin', 0.567, 0.266, 0.550),
    (13, 'necrosis', 0.523, 1.000, 0.399),
    (14, 'hemorrhage', 0.258, 0.064, 0.573),
    (15, 'encapsulation', 0.284, 0.674, 0.891),
    (16, 'peritumoral_enhancement', 0.424, 0.447, 0.525),
    (17, 'cirrhosis', 0.731, 1.000, 0.133),
    (18, 'event', null, null, 0.782)
),
ours as (
    select
        factor,
        any_value(p_value) filter (comparison = 'train') as train,
        any_value(p_value) filter (comparison = 'validation') as validation,
        any_value(p_value) filter (comparison = 'split') as split
    from characteristic
    where study_id = $study
    group by factor
)
select
    p.factor,
    p.train_printed,
    round(o.train, 3) as train,
    p.validation_printed,
    round(o.validation, 3) as validation,
    p.split_printed,
    round(o.split, 3) as split
from printed as p
left join ours as o using (factor)
order by p.position
