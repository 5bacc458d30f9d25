-- Which clinical variables of a cohort are missing, and in how many patients.
-- parameters: cohort
with given as (
    select columns(* exclude (cohort_id, patient_id))::varchar from patient
    where cohort_id = $cohort
)
select variable, count(*) filter (value is null) as missing, count(*) as patients
from (from given unpivot include nulls (value for variable in (columns(*))))
group by variable
having missing > 0
order by missing desc, variable
