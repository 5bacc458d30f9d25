-- Training and tuning: what cross-validation inside training did.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('nested cross-validation of {} models, {} repeats; penalty of the LASSO {}', count(*),
        coalesce(max(repeats), 0), coalesce((select round(max(penalty), 4)::varchar
            from feature_selection where study_id = $study), 'none')) as evidence
from worth
where study_id = $study
