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
semi join asked_settings($study, 'radiomics') as e using (cohort_id, settings_id)
where d.cohort_id in (select cohort_id from split where study_id = $study)
order by d.position, d.feature_name
