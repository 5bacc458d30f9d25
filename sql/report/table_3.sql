-- Table 3: logistic analyses of the clinical-radiological factors in the training patients.
-- parameters: study
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
    string_agg(distinct r.reason, '; ' order by r.reason) as reason,
    coalesce(any_value(s.value), 'the limit') as alpha
from risk_factor as r
left join factor_titles(true) as n using (factor)
left join study_setting as s
    on s.study_id = $study and s.name = 'validation.chain.factor_alpha'
where r.study_id = $study
group by r.factor
order by min(coalesce(n.position, 999)), r.factor
