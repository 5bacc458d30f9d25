-- Table 2: the radiomics classifiers, and the DeLong test of training against validation.
-- parameters: study
from performance($study)
where model = 'radiomics'
order by
    case algorithm when 'LR' then 1 when 'SVM' then 2 when 'KNN' then 3 when 'XGBoost' then 4
        when 'MLP' then 5 else 6 end,
    algorithm,
    cohort_id,
    role_order,
    role
