-- Paired DeLong tests of each staging system and blood index against each model of Table 4.
-- parameters: study
with systems as (
    select fit_id, algorithm as system from model_fit where study_id = $study and model = 'staging'
),
models as (
    select fit_id, model
    from model_fit
    where study_id = $study and (model in ('CR', 'RCR', 'DLRCR') or choice is not null)
),
tests as (
    select fit_id_a as model_id, fit_id_b as system_id, cohort_id, role, n, difference, ci_low,
        ci_high, p_value
    from comparison
    where study_id = $study and test = 'paired'
    union all
    select fit_id_b, fit_id_a, cohort_id, role, n, -difference, -ci_high, -ci_low, p_value
    from comparison
    where study_id = $study and test = 'paired'
)
select s.system, m.model, t.cohort_id, t.role, t.n, t.difference, t.ci_low, t.ci_high, t.p_value
from tests as t
join models as m on t.model_id = m.fit_id
join systems as s on t.system_id = s.fit_id
order by s.system, t.cohort_id, t.role, m.model, t.model_id
