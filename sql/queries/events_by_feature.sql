-- One feature of the reference delineations, patients with and without the event side by side.
-- parameters: cohort, feature
select
    f.phase,
    f.settings_id,
    o.endpoint,
    o.value as event,
    count(*) as n,
    round(avg(f.value), 4) as mean,
    round(median(f.value), 4) as median,
    round(stddev_samp(f.value), 4) as sd
from feature_value as f
join outcome as o using (cohort_id, patient_id)
where f.cohort_id = $cohort and f.feature_name = $feature and f.is_reference
group by all
order by f.phase, f.settings_id, o.endpoint, event
