-- Every setting of the study as it was resolved: the preset with the overrides laid over it.
-- parameters: study
select name, value from study_setting where study_id = $study order by name
