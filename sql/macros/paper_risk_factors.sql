-- Odds ratios of Table 3 as printed beside those of a study: each factor alone, then the final
-- model. Age cannot be rebuilt: the paper prints its mean and SD, not the ages.
-- Source: Zhao Y et al. Front Oncol 2024, doi 10.3389/fonc.2024.1446386, Table 3.
-- parameters: study
with printed (position, analysis, factor, odds_ratio, ci_low, ci_high, p_value, note) as (
    values
    (1, 'univariate', 'sex', 1.74, 0.68, 4.44, 0.25, null),
    (2, 'univariate', 'age', 1.01, 0.98, 1.04, 0.65,
        'cannot be rebuilt: mean and SD are printed, not the ages'),
    (3, 'univariate', 'hepatitis', 1.26, 0.56, 2.83, 0.58, null),
    (4, 'univariate', 'afp', 2.95, 1.10, 7.89, 0.03, null),
    (5, 'univariate', 'alt', 1.75, 0.79, 3.88, 0.17, null),
    (6, 'univariate', 'ast', 2.70, 1.26, 5.82, 0.01, null),
    (7, 'univariate', 'ggt', 1.98, 0.98, 4.03, 0.06, null),
    (8, 'univariate', 'tbil', 1.49, 0.68, 3.26, 0.32, null),
    (9, 'univariate', 'alb', 0.78, 0.37, 1.62, 0.50, null),
    (10, 'univariate', 'child_pugh', 0.97, 0.29, 3.22, 0.96, null),
    (11, 'univariate', 'diameter', 2.75, 1.21, 6.27, 0.02, null),
    (12, 'univariate', 'number', 1.78, 0.59, 5.39, 0.31, null),
    (13, 'univariate', 'margin', 1.31, 0.65, 2.67, 0.45, null),
    (14, 'univariate', 'necrosis', 0.74, 0.35, 1.53, 0.41, null),
    (15, 'univariate', 'hemorrhage', 0.58, 0.25, 1.30, 0.19, null),
    (16, 'univariate', 'encapsulation', 1.73, 0.74, 4.03, 0.20, null),
    (17, 'univariate', 'peritumoral_enhancement', 0.67, 0.31, 1.47, 0.32, null),
    (18, 'univariate', 'cirrhosis', 0.82, 0.39, 1.71, 0.60,
        'the printed counts give .5948, that is .59; .60 is printed'),
    (19, 'final', 'ast', 2.49, 1.14, 5.44, 0.02, null),
    (20, 'final', 'diameter', 2.51, 1.08, 5.82, 0.03, null)
),
ours as (
    from lake.risk_factor where study_id = study
)
select
    p.position,
    p.analysis,
    p.factor,
    p.odds_ratio as odds_ratio_printed,
    o.odds_ratio,
    p.ci_low as ci_low_printed,
    o.ci_low,
    p.ci_high as ci_high_printed,
    o.ci_high,
    p.p_value as p_value_printed,
    o.p_value,
    o.reason,
    p.note
from printed as p
left join ours as o using (analysis, factor)
