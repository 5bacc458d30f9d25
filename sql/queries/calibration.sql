-- Calibration of each model, and of the risk that goes with each staging score: slope, intercept,
-- level and distances; rows marked recalibrated are after logistic recalibration on the same patients.
-- parameters: study
with measured as (
    select
        fit_id,
        cohort_id,
        role,
        metric like 'recalibrated_%' as recalibrated,
        replace(metric, 'recalibrated_', '') as metric,
        value
    from metric
    where study_id = $study
)
select
    fit_id,
    cohort_id,
    role,
    recalibrated,
    round(any_value(value) filter (metric = 'brier'), 4) as brier,
    round(any_value(value) filter (metric = 'calibration_slope'), 3) as slope,
    round(any_value(value) filter (metric = 'calibration_intercept'), 3) as intercept,
    round(any_value(value) filter (metric = 'calibration_in_the_large'), 3) as in_the_large,
    round(any_value(value) filter (metric = 'ece'), 3) as ece,
    round(any_value(value) filter (metric = 'e_max'), 3) as e_max,
    round(any_value(value) filter (metric = 'e_avg'), 3) as e_avg,
    round(any_value(value) filter (metric = 'hosmer_lemeshow'), 3) as hosmer_lemeshow,
    round(any_value(value) filter (metric = 'hosmer_lemeshow_p'), 4) as hosmer_lemeshow_p
from measured
group by fit_id, cohort_id, role, recalibrated
having count(*) filter (metric = 'brier') > 0
order by fit_id, cohort_id, role, recalibrated
