-- Predictors: clinical, radiological, from images.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} clinical-radiological factors, {} radiomics features', count(distinct factor),
        (select count(distinct (phase, feature_name)) from feature_reliability
            where study_id = $study)) as evidence
from risk_factor
where study_id = $study and analysis = 'univariate'
