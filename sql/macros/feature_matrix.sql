-- The reference delineations of a cohort, one row per patient, phase and settings, one column per feature.
-- parameters: cohort
from (
    pivot (
        select patient_id, phase, settings_id, feature_name, value
        from feature_value
        where cohort_id = cohort and is_reference
    )
    on feature_name in ($feature_names)
    using first(value)
    group by patient_id, phase, settings_id
    order by patient_id, phase, settings_id
)
union all by name
select null::varchar as patient_id
where not exists (select 1 from registry.cohort as c where c.cohort_id = cohort)
    and error('there is no cohort ''' || cohort || ''': see `hccer cohort list`') is null
