-- What the numbers were made from: files, hashes, DICOM series, settings and runs, phase by phase.
-- parameters: study
with made as (
    select
        l.cohort_id,
        l.patient_id,
        l.phase,
        l.image_source as "image file",
        i.series_instance_uid as "DICOM series",
        l.image_sha256 as "image sha256",
        l.mask_source as "mask file",
        l.mask_sha256 as "mask sha256",
        l.reader_id || ', session ' || l.session_id as reader,
        l.engine as "feature engine",
        l.settings_id as settings,
        l.derivation as derivation,
        l.extraction_run_id as "run of the features",
        l.image_run_id as "run of the image"
    from lineage as l
    join asked_settings($study, 'radiomics') as a using (cohort_id, settings_id)
    join segmentation as s using (cohort_id, patient_id, phase, reader_id, session_id)
    join image as i using (cohort_id, patient_id, phase)
    join split as p using (cohort_id, patient_id)
    where s.is_reference and p.study_id = $study and p.repeat = 0
)
unpivot made on columns(* exclude (cohort_id, patient_id, phase)) into name what value value
order by cohort_id, patient_id, phase, what
