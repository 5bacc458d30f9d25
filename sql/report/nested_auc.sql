-- AUC of each repetition of the nested cross-validation and of each permutation of the outcomes,
-- beside what the fits show in the main split.
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
),
split_auc as (
    select
        w.model,
        max(m.auc) filter (m.role = 'train') as training_auc,
        max(m.auc) filter (m.role = 'validation') as validation_auc
    from worth as w
    join model_fit as f
        on f.study_id = w.study_id
        and case w.model
            when 'honest' then f.model = 'radiomics' and f.choice is not null
            when f.model then f.model in ('CR', 'RCR')
            else f.model = 'radiomics' and f.algorithm = w.model
        end
    join evaluated_parts($study) as m using (fit_id)
    where w.study_id = $study
    group by w.model
)
select
    s.model,
    s.permutation,
    s.repeat,
    (s.ranks - s.events * (s.events + 1) / 2) / (s.events * s.others) as auc,
    w.auc as mean_auc,
    w.ci_low,
    w.ci_high,
    w.p_value,
    p.training_auc,
    p.validation_auc
from summed as s
join worth as w on w.study_id = $study and s.model = w.model
left join split_auc as p on s.model = p.model
order by s.model, s.permutation, s.repeat
