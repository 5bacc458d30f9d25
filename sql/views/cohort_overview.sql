-- One row per cohort: how many patients, images, delineations (drawn, and perturbed), extractions ...
with counted as (
    select cohort_id, 'patients' as what, count(*) as n from lake.patient group by all
    union all
    select cohort_id, 'events', count(*) from lake.outcome where value = 1 group by all
    union all
    select cohort_id, 'images', count(*) from lake.image group by all
    union all
    select cohort_id, if(origin = 'perturbed', 'perturbed', 'segmentations'), count(*)
    from lake.segmentation group by all
    union all
    select cohort_id, 'extractions', count(*) from lake.extraction group by all
    union all
    select cohort_id, 'feature_values', sum(feature_count) from lake.extraction group by all
    union all
    select cohort_id, 'rejected', count(*) from lake.rejected group by all
)
select
    c.cohort_id,
    c.title,
    c.synthetic,
    coalesce(max(n) filter (what = 'patients'), 0)::bigint as patients,
    coalesce(max(n) filter (what = 'events'), 0)::bigint as events,
    coalesce(max(n) filter (what = 'images'), 0)::bigint as images,
    coalesce(max(n) filter (what = 'segmentations'), 0)::bigint as segmentations,
    coalesce(max(n) filter (what = 'perturbed'), 0)::bigint as perturbed,
    coalesce(max(n) filter (what = 'extractions'), 0)::bigint as extractions,
    coalesce(max(n) filter (what = 'feature_values'), 0)::bigint as feature_values,
    coalesce(max(n) filter (what = 'rejected'), 0)::bigint as rejected
from registry.cohort as c
left join counted using (cohort_id)
group by all
order by c.cohort_id
