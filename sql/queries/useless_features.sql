-- Features without information in a cohort: constant, or not finite in some tumour.
-- parameters: cohort
select
    phase,
    settings_id,
    feature_name,
    count(*) as n,
    count(*) filter (not isfinite(value)) as not_finite,
    count(distinct value) as distinct_values
from feature_value
where cohort_id = $cohort and is_reference
group by all
having not_finite > 0 or (distinct_values = 1 and n > 1)
order by all
