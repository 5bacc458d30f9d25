-- Every feature that is computed, with its class, the image it is computed on, and IBSI's term.
-- parameters: study
select distinct
    d.position,
    d.feature_name,
    d.image_type,
    d.feature_class,
    d.feature,
    d.description
from feature_definition as d
where d.cohort_id in (select cohort_id from split where study_id = $study)
    and d.settings_id in (
        select e.settings_id
        from settings as e
        join study as s on s.study_id = $study
        where e.cohort_id = d.cohort_id and list_contains(
            string_split(replace(e.asked_by, 'study ', ''), ', '), s.study_id
        )
    )
order by d.position, d.feature_name
