-- What depends on a file: give its path below the cohort root, or the sha256 of its content.
-- parameters: file
with named as (
    select cohort_id, path, kind, patient_id, phase from lake.source_file
    where path = file or file_sha256 = file
),
image_ as (
    select i.* from lake.image as i
    where i.image_sha256 = file
        or exists (select 1 from named as n where n.cohort_id = i.cohort_id and n.path = i.source)
),
segmentation_ as (
    select s.* from lake.segmentation as s
    where s.mask_sha256 = file
        or exists (select 1 from named as n where n.cohort_id = s.cohort_id and n.path = s.source)
        or exists (
            select 1 from image_ as i
            where i.cohort_id = s.cohort_id and i.patient_id = s.patient_id and i.phase = s.phase
        )
),
extraction_ as (
    select e.* from lake.extraction as e
    where exists (
        select 1 from segmentation_ as s
        where (s.cohort_id, s.patient_id, s.phase, s.reader_id, s.session_id)
            = (e.cohort_id, e.patient_id, e.phase, e.reader_id, e.session_id)
    )
)
select 'patient' as asset, cohort_id, patient_id, null as phase, null as reader_id,
    null as session_id, null as settings_id, null as identity, 1 as rows
from lake.patient
where cohort_id in (select cohort_id from named where kind = 'clinical')
union all
select 'outcome', cohort_id, patient_id, null, null, null, null, endpoint, 1
from lake.outcome
where cohort_id in (select cohort_id from named where kind = 'clinical')
union all
select 'acquisition', a.cohort_id, a.patient_id, a.phase, null, null, null, null, 1
from lake.acquisition as a
where exists (
    select 1 from named as n
    where n.kind = 'header'
        and (n.cohort_id, n.patient_id, n.phase) = (a.cohort_id, a.patient_id, a.phase)
)
union all
select 'image', cohort_id, patient_id, phase, null, null, null, image_sha256, 1 from image_
union all
select 'segmentation', cohort_id, patient_id, phase, reader_id, session_id, null,
    mask_sha256, 1 from segmentation_
union all
select 'extraction', cohort_id, patient_id, phase, reader_id, session_id, settings_id,
    extraction_id::varchar, 1 from extraction_
union all
select 'feature_value', cohort_id, patient_id, phase, reader_id, session_id, settings_id,
    extraction_id::varchar, feature_count from extraction_
