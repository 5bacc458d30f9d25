-- Every patient of the study with the probability of the models of Table 4; each has a page.
-- parameters: study
with chosen as (
    select p.cohort_id, p.patient_id, f.model, p.y_score
    from prediction as p
    join model_fit as f using (study_id, fit_id)
    where p.study_id = $study and p.repeat = 0 and p.permutation = 0
        and p.role in ('train', 'validation', 'external')
        and (f.model in ('CR', 'RCR', 'DLRCR') or f.choice is not null)
    qualify row_number() over (
        partition by p.cohort_id, p.patient_id, f.model order by f.choice is null, fit_id, p.role
    ) = 1
)
select
    s.cohort_id,
    s.patient_id,
    s.role,
    case s.y_true when 1 then 'event' when 0 then 'no event' end as event,
    any_value(c.y_score) filter (c.model = 'CR') as cr,
    any_value(c.y_score) filter (c.model = 'radiomics') as radiomics,
    any_value(c.y_score) filter (c.model = 'DL') as dl,
    any_value(c.y_score) filter (c.model = 'RCR') as rcr,
    any_value(c.y_score) filter (c.model = 'DLRCR') as dlrcr
from split as s
left join chosen as c using (cohort_id, patient_id)
where s.study_id = $study and s.repeat = 0
group by s.cohort_id, s.patient_id, s.role, s.y_true
order by s.cohort_id, s.patient_id
