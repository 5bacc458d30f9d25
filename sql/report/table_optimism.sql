-- What reporting the best radiomics classifier here owes to choosing it on these validation patients,
-- and which classifier is the reported one.
-- parameters: study
select
    o.algorithm,
    o.n,
    o.auc,
    100 * o.chosen as chosen_percent,
    f.choice is not null as reported,
    o.best,
    o.optimism,
    o.corrected,
    o.reason
from choice_optimism as o
left join model_fit as f
    on f.study_id = $study and f.model = 'radiomics' and f.algorithm = o.algorithm
where o.study_id = $study
order by o.auc desc, o.algorithm
