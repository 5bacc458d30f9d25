-- AUC of each nested cross-validation: permutation 0 is the outcome itself, the others are chance.
-- parameters: study
with placed as (
    select
        model,
        permutation,
        repeat,
        y_true,
        rank() over (partition by model, permutation, repeat order by y_score) as first,
        count(*) over (partition by model, permutation, repeat, y_score) as tied
    from nested_prediction
    where study_id = $study
),
summed as (
    select
        model,
        permutation,
        repeat,
        sum(first + (tied - 1) / 2) filter (y_true = 1) as ranks,
        count(*) filter (y_true = 1) as events,
        count(*) filter (y_true = 0) as others
    from placed
    group by all
)
select
    model,
    permutation,
    repeat,
    round((ranks - events * (events + 1) / 2) / (events * others), 4) as auc
from summed
order by model, permutation, repeat
