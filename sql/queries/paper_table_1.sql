-- P values of the paper's Table 1 beside those of a study: event against none in each part, and
-- training against validation.
-- parameters: study
select
    * exclude (position) replace (
        round(train, 3) as train,
        round(validation, 3) as validation,
        round(split, 3) as split
    )
from paper_characteristics($study)
order by position
