-- Every source file is stored or rejected; none is lost in silence.
-- table: rejected
-- severity: error
select f.cohort_id, f.patient_id, f.phase, f.path
from (
    select *, if(kind = 'image', 'image', 'segmentation') as kind_asset from lake.source_file
) as f
where f.kind in ('image', 'mask')
    and not exists (
        select 1 from lake.image as i
        where i.cohort_id = f.cohort_id and i.source = f.path
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
                (r.source = f.path and r.asset = f.kind_asset)
                or (
                    r.asset = 'image' and f.kind = 'mask'
                    and r.patient_id = f.patient_id and r.phase = f.phase
                )
                or (
                    r.reason like 'mask without image%' and f.kind = 'mask'
                    and r.patient_id = f.patient_id and r.phase = f.phase
                )
            )
    )
