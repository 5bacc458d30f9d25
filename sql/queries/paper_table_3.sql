-- Odds ratios of the paper's Table 3 beside those of a study: each factor alone, then the final model.
-- parameters: study
select
    * exclude (position) replace (
        round(odds_ratio, 2) as odds_ratio,
        round(ci_low, 2) as ci_low,
        round(ci_high, 2) as ci_high,
        round(p_value, 2) as p_value
    )
from paper_risk_factors($study)
order by position
