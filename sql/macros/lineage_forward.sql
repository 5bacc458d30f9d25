-- What depends on a file: give its path below the cohort root, or the sha256 of its content.
-- parameters: file
with named as (
    select cohort_id, path, kind, patient_id, phase, series_instance_uid from lake.source_file
    where path = file or file_sha256 = file
),
image_ as (
    select i.* from lake.image as i
    where i.image_sha256 = file
        or exists (
            select 1 from named as n
            where n.cohort_id = i.cohort_id
                -- of a series, the source is its first file
                and (
                    n.path = i.source
                    or n.kind = 'image' and n.series_instance_uid = i.series_instance_uid
                )
        )
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
),
registration_ as (
    select r.* from lake.registration as r
    where exists (
        select 1 from image_ as i
        where i.cohort_id = r.cohort_id and i.patient_id = r.patient_id
            and i.phase in (r.phase, r.fixed_phase)
    )
    or exists (
        select 1 from segmentation_ as s
        where s.cohort_id = r.cohort_id and s.patient_id = r.patient_id and s.is_reference
            and s.phase = r.fixed_phase
    )
),
crop_ as (
    select c.cohort_id, c.patient_id, c.settings_id, c.derivation, count(*) as slices
    from lake.crop as c
    where exists (
        select 1 from image_ as i
        where i.cohort_id = c.cohort_id and i.patient_id = c.patient_id
            and list_contains(string_split(c.phases, ','), i.phase)
    )
    or exists (
        select 1 from segmentation_ as s
        where s.cohort_id = c.cohort_id and s.patient_id = c.patient_id and s.is_reference
            and s.phase = string_split(c.phases, ',')[1]
    )
    group by all
),
-- who of which study has one of these crops
cropped as (
    select p.study_id, c.cohort_id, c.patient_id
    from crop_ as c
    join lake.settings as t on t.cohort_id = c.cohort_id and t.settings_id = c.settings_id
    join lake.split as p on p.cohort_id = c.cohort_id and p.patient_id = c.patient_id
    where p.repeat = 0
        and list_contains(string_split(replace(t.asked_by, 'study ', ''), ', '), p.study_id)
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
select 'reading', cohort_id, patient_id, null, null, null, null, null, count(*)
from lake.reading
where cohort_id in (select cohort_id from named where kind = 'readings')
group by all
union all
select 'exclusion', cohort_id, patient_id, null, null, null, null, null, count(*)
from lake.exclusion
where cohort_id in (select cohort_id from named where kind = 'exclusions')
group by all
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
union all
select 'registration', cohort_id, patient_id, phase, null, null, settings_id, derivation, 1
from registration_
union all
select 'crop', cohort_id, patient_id, null, null, null, settings_id, derivation, slices from crop_
union all
select 'network', cohort_id, patient_id, null, null, null, null,
    concat(study_id, ' ', fit_id, ' fold ', fold, ' ', weights_sha256), 1
from lake.network_patient
join lake.network as n using (study_id, fit_id, fold)
semi join cropped using (study_id, cohort_id, patient_id)
union all
select 'embedding', cohort_id, patient_id, null, null, null, null,
    concat(study_id, ' ', fit_id, ' fold ', fold), 1
from lake.embedding
semi join cropped using (study_id, cohort_id, patient_id)
union all
select 'attribution', cohort_id, patient_id, null, null, null, null,
    concat(study_id, ' ', fit_id), count(*)
from lake.attribution
semi join cropped using (study_id, cohort_id, patient_id)
group by all
union all
select 'prediction', cohort_id, patient_id, null, null, null, null,
    concat(study_id, ' ', fit_id, ' fold ', fold, ' ', role), 1
from lake.prediction
join lake.model_fit as f using (study_id, fit_id)
semi join cropped using (study_id, cohort_id, patient_id)
where f.model in ('DL', 'DLRCR')
