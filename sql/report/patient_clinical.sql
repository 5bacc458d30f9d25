-- Clinical variables, and what the readers agreed on, one row each.
-- parameters: study
with chosen as (
    select p.*
    from patient as p
    join split as s using (cohort_id, patient_id)
    where s.study_id = $study and s.repeat = 0
),
told as (
    unpivot (
        select cohort_id, patient_id, columns(* exclude (cohort_id, patient_id))::varchar
        from chosen
    )
    on columns(* exclude (cohort_id, patient_id))
    into name variable value value
)
select t.cohort_id, t.patient_id, t.variable, t.value, c.comment as meaning
from told as t
left join duckdb_columns() as c
    on c.database_name = 'lake' and c.table_name = 'patient' and c.column_name = t.variable
union all
select r.cohort_id, r.patient_id, r.item, r.value, 'consensus of the readers'
from reading as r
join split as s using (cohort_id, patient_id)
where s.study_id = $study and s.repeat = 0 and r.reader_id = 'consensus'
order by all
