-- Grey-level bins in the tumours, by phase and settings: 16 to 128 make textures meaningful.
-- parameters: cohort
select phase, settings_id, count(*) as delineations, min(bin_count) as fewest,
    median(bin_count) as median, max(bin_count) as most,
    count(*) filter (bin_count not between 16 and 128) as outside_16_128
from extraction
where cohort_id = $cohort
group by all
order by all
