-- Features that are tumour volume in disguise: rank correlation with volume, strongest first.
-- parameters: cohort, phase
with ranked as (
    select
        f.settings_id,
        f.feature_name,
        rank() over (partition by f.settings_id, f.feature_name order by f.value) as feature_rank,
        rank() over (partition by f.settings_id, f.feature_name order by s.volume_ml) as volume_rank
    from feature_value as f
    join segmentation as s using (cohort_id, patient_id, phase, reader_id, session_id)
    where f.cohort_id = $cohort and f.phase = $phase and f.is_reference and isfinite(f.value)
)
select settings_id, feature_name, round(corr(feature_rank, volume_rank), 3) as rank_correlation,
    count(*) as n
from ranked
group by all
order by abs(rank_correlation) desc nulls last, feature_name
limit 25
