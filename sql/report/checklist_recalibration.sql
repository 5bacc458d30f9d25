-- Updating of a model for other patients.
-- parameters: study
with tested as (
    select count(*) as n from prediction where study_id = $study and role = 'external'
)
select
    case
        when any_value(t.n) = 0 then 'not applicable'
        when count(m.value) > 0 then 'yes'
        else 'no'
    end as answer,
    format('{} measures after logistic recalibration on external patients', count(m.value))
        as evidence
from tested as t
left join metric as m
    on m.study_id = $study and m.role = 'external' and m.metric like 'recalibrated%'
