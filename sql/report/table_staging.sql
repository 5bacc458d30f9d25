-- Staging systems and blood indexes: what each says of the event.
-- parameters: study
from performance($study)
where model = 'staging'
order by algorithm, cohort_id, role_order, role
