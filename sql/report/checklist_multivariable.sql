-- Multivariable analysis with factors that are no features.
-- parameters: study
select
    if(count(*) filter (analysis <> 'univariate' and odds_ratio is not null) > 0, 'yes', 'no')
        as answer,
    format('{} factors alone, {} together, {} in the final model',
        count(*) filter (analysis = 'univariate'),
        count(*) filter (analysis = 'multivariate'),
        count(*) filter (analysis = 'final' and odds_ratio is not null)) as evidence
from risk_factor
where study_id = $study
