-- The settings of a step that a study asks for, by cohort.
-- parameters: study, of_step
select cohort_id, settings_id, text
from lake.settings
where step = of_step
    and list_contains(string_split(replace(asked_by, 'study ', ''), ', '), study)
