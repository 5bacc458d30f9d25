-- By what the reported algorithm was chosen, and what choosing the best one here would add.
-- parameters: study
with chosen as (
    select choice, algorithm, model from model_fit where study_id = $study and choice is not null
),
price as (
    select
        format('choosing {}, the best on these validation patients, would add {:.3f} to its AUC{}',
            algorithm, optimism,
            if(algorithm in (select algorithm from chosen where model = 'radiomics'), '',
                ', which is no correction of the reported one')) as sentence
    from choice_optimism
    where study_id = $study and best and optimism is not null
    order by algorithm
    limit 1
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
        || coalesce('; ' || (select sentence from price), '') as evidence
from chosen
