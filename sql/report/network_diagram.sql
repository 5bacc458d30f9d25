-- The network that stands for the images alone: architecture, trained values, and the crops it reads.
-- parameters: study
with crops as (
    select min(phases) as phases, max(position) as slices, min(shape) as shape
    from crop
    semi join (from split where study_id = $study and repeat = 0) using (cohort_id, patient_id)
    where phases = (
        select array_to_string(from_json(file_json->'$.phases', '["varchar"]'), ',')
        from study where study_id = $study
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
from network as n
cross join crops as c
left join model_fit as f using (study_id, fit_id)
where n.study_id = $study and n.model = 'DL' and n.fold = 0
order by f.choice is null, n.fit_id
limit 1
