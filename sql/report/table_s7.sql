-- Table S7: paired DeLong tests between all models.
-- parameters: study
select t.fit_id_a, t.fit_id_b, t.cohort_id, t.role, t.n, t.difference, t.ci_low, t.ci_high,
    t.statistic, t.p_value
from comparison as t
join model_fit as a on a.study_id = t.study_id and a.fit_id = t.fit_id_a
join model_fit as b on b.study_id = t.study_id and b.fit_id = t.fit_id_b
where t.study_id = $study and t.test = 'paired' and a.model <> 'staging' and b.model <> 'staging'
order by t.cohort_id, t.role, t.fit_id_a, t.fit_id_b
