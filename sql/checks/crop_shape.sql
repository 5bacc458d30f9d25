-- Every crop's tensor and mask hold as many bytes as its shape says, a channel for each phase.
-- table: crop
-- severity: error
select cohort_id, patient_id, settings_id, position
from lake.crop
where len(shape) != 3
    or shape[1] != len(string_split(phases, ','))
    or octet_length(tensor) != shape[1] * shape[2] * shape[3] * if(dtype = 'float32', 4, 2)
    or octet_length(mask) != shape[2] * shape[3]
