-- The logistic models in full: the intercept with the threshold, then every input with its scaling and
-- coefficient.
-- parameters: study
select
    f.model,
    f.algorithm,
    coalesce(t.title, c.input) as input,
    c.mean,
    c.scale,
    c.coefficient,
    if(c.position = 0, f.threshold, null) as threshold
from model_coefficient as c
join model_fit as f using (study_id, fit_id)
left join factor_titles(true) as t on c.input = t.factor
where c.study_id = $study
order by list_position(['CR', 'radiomics', 'RCR'], f.model), f.algorithm, c.position
