-- Staging systems and blood indexes: what each says of the event, and where its rule is from.
-- parameters: study
with rules as (
    select system, any_value(provenance) as provenance
    from staging_score
    where study_id = $study
    group by system
)
select p.*, r.provenance
from performance($study) as p
left join rules as r on p.algorithm = r.system
where p.model = 'staging'
order by p.algorithm, p.cohort_id, p.role_order, p.role
