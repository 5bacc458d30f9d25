-- Vessels fade against the organ in the order of the phases; another order means that phases were swapped.
-- table: image_quality
-- severity: warn
select
    cohort_id, patient_id,
    string_agg(phase, ', ' order by position) as named,
    string_agg(phase, ', ' order by vessel_to_organ desc) as seen
from lake.image_quality
where position is not null and vessel_to_organ is not null
group by all
having named <> seen
