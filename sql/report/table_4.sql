-- Table 4: one model of each kind, and the DeLong test of training against validation.
-- parameters: study
from performance($study)
where model in ('CR', 'RCR', 'DLRCR') or choice is not null
order by
    case model when 'CR' then 1 when 'radiomics' then 2 when 'DL' then 3 when 'RCR' then 4
        else 5 end,
    cohort_id,
    role_order,
    role
