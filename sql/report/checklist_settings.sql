-- The whole configuration, as it was used.
-- parameters: study
with chosen as (
    select min(text)::json as text
    from asked_settings($study, 'radiomics')
)
select
    if(text is null, 'no', 'yes') as answer,
    coalesce('radiomics settings stored in full: ' || left(text::varchar, 120) || ' ...',
        'no settings are stored') as evidence
from chosen
