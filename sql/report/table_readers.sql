-- How far the two readers agree on each MR feature.
-- parameters: study
select replace(item, '_', ' ') as item, reader_a, reader_b, n, kappa, ci_low, ci_high, p_value, band
from reader_agreement
where study_id = $study
order by item, reader_a, reader_b
