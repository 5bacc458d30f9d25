-- Features that are tumour volume in disguise: Spearman's correlation with volume, strongest first.
-- parameters: cohort, phase
with ranked as (
    select
        f.settings_id,
        f.feature_name,
        -- ties share the mean of their ranks
        rank() over by_value + (count(*) over same_value - 1) / 2 as feature_rank,
        rank() over by_volume + (count(*) over same_volume - 1) / 2 as volume_rank
    from feature_value as f
    join segmentation as s using (cohort_id, patient_id, phase, reader_id, session_id)
    where f.cohort_id = $cohort and f.phase = $phase and f.is_reference and isfinite(f.value)
    window
        by_value as (partition by f.settings_id, f.feature_name order by f.value),
        same_value as (partition by f.settings_id, f.feature_name, f.value),
        by_volume as (partition by f.settings_id, f.feature_name order by s.volume_ml),
        same_volume as (partition by f.settings_id, f.feature_name, s.volume_ml)
)
select settings_id, feature_name, round(corr(feature_rank, volume_rank), 3) as rank_correlation,
    count(*) as n
from ranked
group by all
order by abs(rank_correlation) desc nulls last, feature_name
limit 25
