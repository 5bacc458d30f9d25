-- AUC with intervals and tests, and by resampling.
-- parameters: study
with area as (
    from metric where study_id = $study and metric = 'auc'
),
resampled as (
    select count(*) as n, coalesce(max(repeats), 0) as repeats from worth where study_id = $study
)
select
    case
        when count(ci_low) = 0 then 'no'
        when any_value(r.n) > 0 then 'yes'
        else 'partly'
    end as answer,
    format('{} AUCs with an interval; nested cross-validation of {} models, {} repeats',
        count(ci_low), any_value(r.n), any_value(r.repeats)) as evidence
from resampled as r left join area on true
