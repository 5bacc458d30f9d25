-- Differences between scanners.
-- parameters: study
with chosen as (
    select min(text)::json as text
    from asked_settings($study, 'radiomics')
),
strength as (
    select count(distinct field_strength_t) as n
    from acquisition
    where cohort_id in (select cohort_id from split where study_id = $study)
)
select
    if(n <= 1, 'not applicable', 'no') as answer,
    format('{} field strengths; images are {} one by one, features are not harmonised', n,
        if(text->>'$.setting.normalize' = 'true', 'normalised', 'not normalised')) as evidence
from chosen, strength
