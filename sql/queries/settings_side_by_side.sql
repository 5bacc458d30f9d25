-- One feature under every settings it was computed with: bin widths or engines compared.
-- parameters: cohort, feature
select
    f.patient_id,
    f.phase,
    f.value,
    f.engine,
    f.settings_id,
    json_extract_string(s.text, '$.setting.binWidth')::double as bin_width
from feature_value as f
join settings as s using (cohort_id, settings_id)
where f.cohort_id = $cohort and f.feature_name = $feature and f.is_reference
order by f.patient_id, f.phase, f.settings_id
