-- Images that features are computed on.
-- parameters: study
with chosen as (
    select min(text)::json as text
    from asked_settings($study, 'radiomics')
)
select
    if(text is null, 'no', 'yes') as answer,
    coalesce(array_to_string(list_sort(json_keys(text->'$.imageType')), ', '), 'none') as evidence
from chosen
