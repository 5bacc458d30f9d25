-- Table S6: the networks on images alone, and the DeLong test of training against validation.
-- parameters: study
from performance($study)
where model = 'DL'
order by algorithm, cohort_id, role_order, role
