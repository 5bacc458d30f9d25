-- One row per extraction: the voxel and mask files it came from, and the runs that made it.
select
    e.extraction_id,
    e.cohort_id,
    e.patient_id,
    e.phase,
    e.reader_id,
    e.session_id,
    e.settings_id,
    e.engine,
    e.derivation,
    e.run_id as extraction_run_id,
    i.source as image_source,
    e.image_sha256,
    fi.file_sha256 as image_file_sha256,
    i.run_id as image_run_id,
    s.source as mask_source,
    e.mask_sha256,
    fm.file_sha256 as mask_file_sha256,
    s.run_id as segmentation_run_id,
    s.origin as mask_origin,
    s.is_reference
from lake.extraction as e
-- by the hash too: an image or mask that came since is not what the values were made from
left join lake.image as i using (cohort_id, patient_id, phase, image_sha256)
left join lake.segmentation as s
    using (cohort_id, patient_id, phase, reader_id, session_id, mask_sha256)
left join lake.segmentation as r  -- a perturbed mask came from the file of its reference
    on s.origin = 'perturbed' and r.is_reference
    and (r.cohort_id, r.patient_id, r.phase) = (e.cohort_id, e.patient_id, e.phase)
left join lake.source_file as fi
    on fi.cohort_id = e.cohort_id and fi.path = i.source and fi.kind = 'image'
left join lake.source_file as fm
    on fm.cohort_id = e.cohort_id and fm.path = s.source and fm.kind = 'mask'
    and fm.reader_id = coalesce(r.reader_id, e.reader_id)
    and fm.session_id = coalesce(r.session_id, e.session_id)
