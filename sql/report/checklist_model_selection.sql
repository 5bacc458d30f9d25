-- By what the reported algorithm was chosen.
-- parameters: study
with chosen as (
    select choice, algorithm, model from model_fit where study_id = $study and choice is not null
),
price as (
    select max(optimism) as optimism from choice_optimism where study_id = $study and best
)
select
    case
        when count(*) = 0 then 'no'
        when bool_or(choice like '%validation%') then 'partly'
        else 'yes'
    end as answer,
    coalesce(
        string_agg(model || ' ' || algorithm || ': ' || choice, '; ' order by model, algorithm),
        'no model is marked as chosen')
        || coalesce('; optimism of choosing the best: ' || round(any_value(optimism), 3), '')
        as evidence
from chosen right join price on true
