-- What is done to the images before features are computed.
-- parameters: study
with chosen as (
    select min(text)::json as text
    from asked_settings($study, 'radiomics')
)
select
    if(text is null, 'no', 'yes') as answer,
    coalesce(format('normalised to z-scores x {}; resampled to {} mm by {}; {} of the mask',
        coalesce(text->>'$.setting.normalizeScale', '1'),
        coalesce(text->>'$.setting.resampledPixelSpacing', 'their own'),
        coalesce(text->>'$.setting.interpolator', 'the default'),
        if(text->>'$.nodules' = 'largest', 'the largest part', 'all parts')),
        'no settings are stored') as evidence
from chosen
