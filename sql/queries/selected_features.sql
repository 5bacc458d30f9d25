-- The features that a study selects, or that a fifth of the resamples select, strongest first.
-- parameters: study
select
    s.phase,
    s.feature_name,
    s.kept,
    round(s.coefficient, 4) as coefficient,
    round(s.frequency, 2) as frequency,
    round(t.p_value, 4) as p_value,
    round(t.q_value, 4) as q_value,
    round(r.icc, 3) as lowest_icc
from feature_selection as s
join feature_screen as t using (study_id, phase, feature_name)
join (
    select study_id, phase, feature_name, min(icc) as icc from feature_reliability group by all
) as r using (study_id, phase, feature_name)
where s.study_id = $study and (s.kept or s.frequency >= 0.2)
order by abs(s.coefficient) desc, s.frequency desc, s.phase, s.feature_name
