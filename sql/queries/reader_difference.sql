-- How far the features of two delineations of one tumour lie apart, least stable first.
-- parameters: cohort
with pairs as (
    select r.settings_id, s.origin, r.feature_name, r.value as reference, o.value as other
    from feature_value as r
    join feature_value as o using (cohort_id, patient_id, phase, settings_id, feature_name)
    join segmentation as s on (s.cohort_id, s.patient_id, s.phase, s.reader_id, s.session_id)
        = (o.cohort_id, o.patient_id, o.phase, o.reader_id, o.session_id)
    where r.cohort_id = $cohort and r.is_reference and not o.is_reference
)
select
    settings_id,
    origin,
    feature_name,
    count(*) as pairs,
    round(median(2 * abs(reference - other) / nullif(abs(reference) + abs(other), 0)), 4)
        as median_relative_difference
from pairs
group by all
order by median_relative_difference desc nulls last, feature_name
limit 25
