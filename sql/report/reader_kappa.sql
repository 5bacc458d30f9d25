-- Cohen's kappa of two readers for each MR feature.
-- parameters: study
select item, reader_a, reader_b, n, kappa, ci_low, ci_high, p_value, band
from reader_agreement
where study_id = $study and kappa is not null
order by reader_a, reader_b, kappa desc, item
