-- Every image and mask file is stored or rejected; none is lost in silence.
-- table: rejected
-- severity: error
select f.cohort_id, f.patient_id, f.phase, f.path
from lake.source_file as f
where f.kind in ('image', 'mask')
    and not exists (
        select 1 from lake.image as i
        where f.kind = 'image'
            and (i.cohort_id, i.patient_id, i.phase) = (f.cohort_id, f.patient_id, f.phase)
            and (i.source = f.path or i.series_instance_uid = f.series_instance_uid)
    )
    and not exists (
        select 1 from lake.segmentation as s
        where s.cohort_id = f.cohort_id and s.source = f.path
            and s.reader_id = f.reader_id and s.session_id = f.session_id
    )
    and not exists (
        select 1 from lake.rejected as r
        where r.cohort_id = f.cohort_id
            and (
                (r.source = f.path and r.asset = if(f.kind = 'image', 'image', 'segmentation'))
                or (r.source = f.path and r.asset = 'source_file')
                or (
                    r.asset = 'image' and (r.patient_id, r.phase) = (f.patient_id, f.phase)
                )
                or (
                    f.kind = 'mask' and r.asset = 'segmentation'
                    and (r.reason like 'mask without image%' or r.reason like 'the same voxels%')
                    and (r.patient_id, r.phase) = (f.patient_id, f.phase)
                )
            )
    )
    and not exists (
        select 1
        from lake.rejected as r
        join lake.source_file as first on first.cohort_id = r.cohort_id and first.path = r.source
        where r.cohort_id = f.cohort_id and r.asset = 'source_file'
            and first.series_instance_uid = f.series_instance_uid
    )
