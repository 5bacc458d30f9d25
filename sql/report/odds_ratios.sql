-- Odds ratios of the clinical-radiological factors: alone, and together in the final model.
-- parameters: study
select factor, analysis, odds_ratio, ci_low, ci_high, p_value, n
from risk_factor
where study_id = $study and analysis in ('univariate', 'final') and odds_ratio is not null
order by
    min(p_value) filter (analysis = 'univariate') over (partition by factor) nulls last,
    factor, analysis desc
