-- Is a model given in full?
-- parameters: study
with printed as (
    select count(distinct fit_id) as n from model_coefficient where study_id = $study
)
select
    case
        when any_value(printed.n) > 0 then 'yes'
        when count(artifact_sha256) > 0 then 'partly'
        else 'no'
    end as answer,
    format('{} logistic models with intercept, scaling, coefficients and threshold in the table '
        'Models in full; {} fits kept whole, under their hash', any_value(printed.n),
        count(artifact_sha256)) as evidence
from printed left join model_fit on study_id = $study and model <> 'staging'
