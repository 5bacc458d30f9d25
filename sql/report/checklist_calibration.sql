-- Calibration of the predicted risks.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('slope of {} fits in {} parts, with curves of {} points', count(distinct fit_id),
        count(distinct role),
        (select count(*) from calibration_curve where study_id = $study)) as evidence
from metric
where study_id = $study and metric = 'calibration_slope'
