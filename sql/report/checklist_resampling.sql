-- Resampling, and how.
-- parameters: study
with chosen as (
    select min(text)::json as text
    from asked_settings($study, 'radiomics')
)
select
    case
        when text is null then 'no'
        when (text->'$.setting.resampledPixelSpacing') is null then 'partly'
        else 'yes'
    end as answer,
    format('{} mm, {}', coalesce(text->>'$.setting.resampledPixelSpacing', 'own spacing'),
        coalesce(text->>'$.setting.interpolator', 'no interpolator named')) as evidence
from chosen
