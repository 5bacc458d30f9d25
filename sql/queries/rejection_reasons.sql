-- What was refused and why, counted.
select cohort_id, asset, reason, count(*) as n, min(source) as example
from rejected
group by all
order by cohort_id, n desc, asset, reason
