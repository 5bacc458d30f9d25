-- Images that features are computed on.
-- parameters: study
with chosen as (
    select min(text)::json as text
    from settings
    where step = 'radiomics' and list_contains(string_split(asked_by, ', '), 'study ' || $study)
)
select
    if(text is null, 'no', 'yes') as answer,
    coalesce(array_to_string(list_sort(json_keys(text->'$.imageType')), ', '), 'none') as evidence
from chosen
