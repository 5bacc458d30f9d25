-- Does one patient, or one image, stand in two parts?
-- parameters: study
with image_part as (
    select i.voxel_sha256, s.role
    from split as s join image as i using (cohort_id, patient_id)
    where s.study_id = $study and s.repeat = 0 and s.role <> 'unused'
),
shared as (
    select voxel_sha256 from image_part group by voxel_sha256 having count(distinct role) > 1
)
select
    if(count(*) = 0 and (select count(*) from image_part) > 0, 'partly', 'no') as answer,
    format('{} of {} images stand in two parts; overlap with other studies is for the author to '
        || 'state', count(*), (select count(distinct voxel_sha256) from image_part)) as evidence
from shared
