-- Calibration of each model, and of the risk that goes with each staging score; of external
-- patients also after logistic recalibration on these same patients, which is no validation.
-- parameters: study
with measured as (
    select
        fit_id,
        cohort_id,
        role,
        metric like 'recalibrated_%' as recalibrated,
        replace(metric, 'recalibrated_', '') as metric,
        value,
        ci_low,
        ci_high
    from metric
    where study_id = $study
),
wide as (
    select
        fit_id,
        cohort_id,
        role,
        if(recalibrated, true, null) as recalibrated,
        any_value(value) filter (metric = 'brier') as brier,
        any_value(value) filter (metric = 'calibration_slope') as slope,
        any_value(ci_low) filter (metric = 'calibration_slope') as slope_low,
        any_value(ci_high) filter (metric = 'calibration_slope') as slope_high,
        any_value(value) filter (metric = 'calibration_in_the_large') as in_the_large,
        any_value(ci_low) filter (metric = 'calibration_in_the_large') as in_the_large_low,
        any_value(ci_high) filter (metric = 'calibration_in_the_large') as in_the_large_high,
        any_value(value) filter (metric = 'ece') as ece,
        any_value(value) filter (metric = 'e_max') as e_max,
        any_value(value) filter (metric = 'hosmer_lemeshow_p') as hosmer_lemeshow_p
    from measured
    group by fit_id, cohort_id, role, recalibrated
)
select w.*
from wide as w
where w.brier is not null
order by fit_id, cohort_id, case role when 'train' then 1 when 'validation' then 2 else 3 end,
    role, recalibrated nulls first
