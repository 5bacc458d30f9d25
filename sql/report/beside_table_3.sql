-- Odds ratios of the paper's Table 3 beside those of a study, by the title of the factor.
-- parameters: study
select p.* replace (
    coalesce(t.title, p.factor) as factor,
    if(p.analysis = 'final', 'Final model', 'Univariate') as analysis
)
from paper_risk_factors($study) as p
left join factor_titles(true) as t on p.factor = t.factor
order by p.position
