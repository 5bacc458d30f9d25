-- Categorical characteristics by given split and event, at the published cut-offs; who has no value
-- is a level of its own.
-- parameters: cohort
with seen as (
    pivot (from reading where cohort_id = $cohort and reader_id = 'consensus')
    on item in (
        'tumour_margin', 'necrosis', 'hemorrhage', 'encapsulation', 'peritumoral_enhancement',
        'radiological_cirrhosis'
    )
    using any_value(value)
    group by patient_id
),
rows as (
    select
        p.given_split,
        o.value as event,
        p.sex::varchar as gender,
        case p.hepatitis_b or p.hepatitis_c when true then 'positive' when false then 'negative' end
            as hepatitis_b_or_c,
        case when p.afp_iu_ml > 400 then '> 400' when p.afp_iu_ml <= 400 then '<= 400' end as afp_iu_ml,
        case when p.alt_u_l > 50 then '> 50' when p.alt_u_l <= 50 then '<= 50' end as alt_u_l,
        case when p.ast_u_l > 40 then '> 40' when p.ast_u_l <= 40 then '<= 40' end as ast_u_l,
        case when p.ggt_u_l > 60 then '> 60' when p.ggt_u_l <= 60 then '<= 60' end as ggt_u_l,
        case when p.tbil_umol_l > 19 then '> 19' when p.tbil_umol_l <= 19 then '<= 19' end as tbil_umol_l,
        case when p.alb_g_l < 40 then '< 40' when p.alb_g_l >= 40 then '>= 40' end as alb_g_l,
        p.child_pugh_class,
        case when p.diameter_cm > 5 then '> 5' when p.diameter_cm <= 5 then '<= 5' end as diameter_cm,
        case when p.tumour_count > 1 then 'multifocal' when p.tumour_count <= 1 then 'unifocal' end as tumour_number,
        s.tumour_margin,
        s.necrosis,
        s.hemorrhage,
        s.encapsulation,
        s.peritumoral_enhancement,
        s.radiological_cirrhosis
    from patient as p
    join outcome as o using (cohort_id, patient_id)
    left join seen as s using (patient_id)
    where p.cohort_id = $cohort
),
long as (
    from rows unpivot include nulls (
        level for characteristic in (columns(* exclude (given_split, event)))
    )
)
select
    characteristic,
    coalesce(level, 'missing') as level,
    count(*) filter (given_split = 'training' and event = 1) as training_event,
    count(*) filter (given_split = 'training' and event = 0) as training_no_event,
    count(*) filter (given_split = 'validation' and event = 1) as validation_event,
    count(*) filter (given_split = 'validation' and event = 0) as validation_no_event,
    count(*) filter (given_split is null and event = 1) as no_split_event,
    count(*) filter (given_split is null and event = 0) as no_split_no_event
from long
group by all
order by characteristic, level
