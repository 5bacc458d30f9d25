-- Table S4: the selected radiomics features, their LASSO coefficients, and how stable they are.
-- parameters: study
select
    s.phase,
    s.feature_name,
    s.coefficient,
    s.frequency,
    t.p_value,
    t.q_value,
    r.icc as lowest_icc
from feature_selection as s
join feature_screen as t using (study_id, phase, feature_name)
left join (
    select study_id, phase, feature_name, min(icc) as icc from feature_reliability group by all
) as r using (study_id, phase, feature_name)
where s.study_id = $study and s.kept
order by abs(s.coefficient) desc, s.phase, s.feature_name
