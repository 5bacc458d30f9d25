-- The network that stands for a model of a study: architecture, trained values, the crops it reads,
-- and what is joined.
-- parameters: study, of_model
with crops as (
    select min(phases) as phases, max(position) as slices, min(shape) as shape
    from lake.crop
    semi join (from lake.split where study_id = study and repeat = 0) using (cohort_id, patient_id)
    where phases = (
        select array_to_string(from_json(s.file_json->'$.phases', '["varchar"]'), ',')
        from registry.study as s where s.study_id = study
    )
    group by settings_id
    order by settings_id
    limit 1
)
select
    n.fit_id,
    n.network,
    n.parameters,
    n.inputs,
    c.phases,
    c.slices,
    c.shape[2] as rows,
    c.shape[3] as columns
from lake.network as n
cross join crops as c
left join lake.model_fit as f using (study_id, fit_id)
where n.study_id = study and n.model = of_model and n.fold = 0
order by f.choice is null, n.fit_id
limit 1
