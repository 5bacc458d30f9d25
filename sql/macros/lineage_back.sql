-- What the values of a patient's phase were made from: files, hashes, settings, runs, versions.
-- parameters: cohort, patient, phase_
select
    l.*,
    t.text as settings_text,
    r.started_at as extraction_run_started_at,
    r.hccer_version,
    r.package_versions
from lineage as l
left join lake.settings as t
    on t.cohort_id = l.cohort_id and t.settings_id = l.settings_id
left join registry.run as r on r.run_id = l.extraction_run_id
where l.cohort_id = cohort and l.patient_id = patient and l.phase = phase_
union all by name
select null::varchar as cohort_id
where not exists (select 1 from registry.cohort as c where c.cohort_id = cohort)
    and error('there is no cohort ''' || cohort || ''': see `hccer cohort list`') is null
