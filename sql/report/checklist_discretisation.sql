-- Grey-level discretisation, and the bins that it makes.
-- parameters: study
with chosen as (
    select min(text)::json as text
    from asked_settings($study, 'radiomics')
),
bins as (
    select min(bin_count) as fewest, median(bin_count)::integer as middle, max(bin_count) as most
    from extraction
    where cohort_id in (select cohort_id from split where study_id = $study)
)
select
    case
        when text is null then 'no'
        when coalesce(text->'$.setting.binWidth', text->'$.setting.binCount') is null then 'partly'
        else 'yes'
    end as answer,
    format('{}; {} to {} bins in a tumour, median {}',
        coalesce('bin width ' || (text->>'$.setting.binWidth'),
            'bin count ' || (text->>'$.setting.binCount'), 'pyradiomics'' default'),
        coalesce(fewest::varchar, '?'), coalesce(most::varchar, '?'), coalesce(middle::varchar, '?')
    ) as evidence
from chosen, bins
