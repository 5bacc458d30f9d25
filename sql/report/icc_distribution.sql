-- How many features reach which intraclass correlation, by phase and comparison, and how many of
-- them the preset's rule keeps.
-- parameters: study
with counted as (
    select
        comparison,
        phase,
        count(*) as features,
        count(*) filter (kept) as kept,
        min(icc) filter (kept) as lowest_kept,
        list(icc) as iccs
    from feature_reliability
    where study_id = $study
    group by all
    having count(icc) > 0
)
select
    comparison,
    phase,
    features,
    kept,
    lowest_kept,
    step / 100 as icc,
    len(list_filter(iccs, lambda each: each >= step / 100)) as reaching,
    reaching / features as share
from counted, generate_series(0, 100) as steps (step)
order by
    comparison desc,
    list_position(
        (select from_json(file_json->'$.phases', '["varchar"]') from study where study_id = $study),
        phase
    ),
    phase,
    step
