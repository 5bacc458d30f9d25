-- Number of features, by class.
-- parameters: study
with named as (
    select distinct r.phase, r.feature_name, d.feature_class
    from feature_reliability as r
    join (select distinct feature_name, feature_class from feature_definition) as d
        using (feature_name)
    where r.study_id = $study
),
class as (
    select feature_class, count(*) as n from named group by feature_class
)
select
    if(count(*) > 0, 'yes', 'no') as answer,
    format('{} features: {}', coalesce(sum(n), 0)::bigint,
        coalesce(string_agg(feature_class || ' ' || n, ', ' order by feature_class), 'none'))
        as evidence
from class
