-- What a fit's predictions of a patient were made from, one row per prediction and phase: weights
-- or artifact, crop, registration, image file and DICOM series, and the runs that made them.
-- parameters: study, fit, cohort, patient
with asked as (
    select cohort_id, step, settings_id, text from lake.settings
    where list_contains(string_split(replace(asked_by, 'study ', ''), ', '), study)
),
crop_ as (
    select
        c.cohort_id, c.patient_id, c.settings_id, c.phases, c.derivation, c.run_id,
        string_agg(c.tensor_sha256, ' ' order by c.position) as tensor_sha256
    from lake.crop as c
    join asked as a on c.cohort_id = a.cohort_id and c.settings_id = a.settings_id and a.step = 'crop'
    group by all
)
select
    p.study_id,
    p.fit_id,
    p.cohort_id,
    p.patient_id,
    p.role,
    p.repeat,
    p.fold,
    p.y_true,
    p.y_score,
    p.threshold,
    p.derivation as prediction_derivation,
    coalesce(n.weights_sha256, f.artifact_sha256) as artifact_sha256,
    coalesce(n.derivation, f.derivation) as fit_derivation,
    n.inputs as joined,
    n.n as fitted_patients,
    n.run_id as network_run_id,
    c.settings_id as crop_settings_id,
    c.tensor_sha256,
    c.derivation as crop_derivation,
    c.run_id as crop_run_id,
    i.phase,
    r.fixed_phase,
    r.transform,
    r.derivation as registration_derivation,
    r.run_id as registration_run_id,
    i.image_sha256,
    i.source as image_source,
    i.series_instance_uid,
    i.run_id as image_run_id,
    s.mask_sha256,
    s.source as mask_source,
    s.run_id as segmentation_run_id,
    case when n.fit_id is null or n.model = 'DLRCR' then e.derivation end as extraction_derivation,
    t.text as crop_settings_text,
    w.hccer_version,
    w.package_versions
from lake.prediction as p
join lake.model_fit as f using (study_id, fit_id)
left join lake.network as n
    on n.study_id = p.study_id and n.fit_id = p.fit_id and n.fold = p.fold
left join crop_ as c
    on n.fit_id is not null and c.cohort_id = p.cohort_id and c.patient_id = p.patient_id
left join lake.image as i
    on i.cohort_id = p.cohort_id and i.patient_id = p.patient_id
    and (c.phases is null or list_contains(string_split(c.phases, ','), i.phase))
left join lake.segmentation as s
    on s.cohort_id = i.cohort_id and s.patient_id = i.patient_id and s.phase = i.phase
    and s.is_reference
left join lake.registration as r
    on c.phases is not null
    and r.cohort_id = i.cohort_id and r.patient_id = i.patient_id and r.phase = i.phase
    and r.settings_id in (
        select a.settings_id from asked as a
        where a.step = 'registration' and a.cohort_id = r.cohort_id
    )
left join lake.extraction as e
    on e.cohort_id = s.cohort_id and e.patient_id = s.patient_id and e.phase = s.phase
    and e.reader_id = s.reader_id and e.session_id = s.session_id
    and e.settings_id in (
        select a.settings_id from asked as a
        where a.step = 'radiomics' and a.cohort_id = e.cohort_id
    )
left join asked as t
    on t.step = 'crop' and t.cohort_id = c.cohort_id and t.settings_id = c.settings_id
left join registry.run as w on w.run_id = n.run_id
where p.study_id = study and p.fit_id = fit and p.cohort_id = cohort and p.patient_id = patient
order by p.fold, p.role, list_position(string_split(c.phases, ','), i.phase), i.phase
