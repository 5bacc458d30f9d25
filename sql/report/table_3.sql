-- Table 3: logistic analyses of the clinical-radiological factors in the training patients.
-- parameters: study
with named (position, factor, title) as (
    values
    (1, 'sex', 'Gender (male)'),
    (2, 'age', 'Age (per year)'),
    (3, 'hepatitis', 'History of hepatitis B or C'),
    (4, 'afp', 'AFP > 400 IU/mL'),
    (5, 'alt', 'ALT > 50 U/L'),
    (6, 'ast', 'AST > 40 U/L'),
    (7, 'ggt', 'GGT > 60 U/L'),
    (8, 'tbil', 'Total bilirubin > 19 umol/L'),
    (9, 'alb', 'Albumin ≥ 40 g/L'),
    (10, 'child_pugh', 'Child-Pugh class B'),
    (11, 'diameter', 'Tumour diameter > 5 cm'),
    (12, 'number', 'Multifocal tumour'),
    (13, 'margin', 'Non-smooth margin'),
    (14, 'necrosis', 'Necrosis absent'),
    (15, 'hemorrhage', 'Hemorrhage absent'),
    (16, 'encapsulation', 'Encapsulation absent'),
    (17, 'peritumoral_enhancement', 'Arterial peritumoral enhancement absent'),
    (18, 'cirrhosis', 'Radiological cirrhosis absent')
)
select
    coalesce(any_value(n.title), r.factor) as factor,
    any_value(r.odds_ratio) filter (analysis = 'univariate') as alone,
    any_value(r.ci_low) filter (analysis = 'univariate') as alone_low,
    any_value(r.ci_high) filter (analysis = 'univariate') as alone_high,
    any_value(r.p_value) filter (analysis = 'univariate') as alone_p,
    any_value(r.odds_ratio) filter (analysis = 'multivariate') as together,
    any_value(r.ci_low) filter (analysis = 'multivariate') as together_low,
    any_value(r.ci_high) filter (analysis = 'multivariate') as together_high,
    any_value(r.p_value) filter (analysis = 'multivariate') as together_p,
    any_value(r.odds_ratio) filter (analysis = 'final') as final,
    any_value(r.ci_low) filter (analysis = 'final') as final_low,
    any_value(r.ci_high) filter (analysis = 'final') as final_high,
    any_value(r.p_value) filter (analysis = 'final') as final_p,
    string_agg(distinct r.reason, '; ' order by r.reason) as reason
from risk_factor as r
left join named as n using (factor)
where r.study_id = $study
group by r.factor
order by min(coalesce(n.position, 999)), r.factor
