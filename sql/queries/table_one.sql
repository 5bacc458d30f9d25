-- Categorical characteristics by given split and event, at the published cut-offs.
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
        if(p.hepatitis_b or p.hepatitis_c, 'positive', 'negative') as hepatitis_b_or_c,
        if(p.afp_iu_ml > 400, '> 400', '<= 400') as afp_iu_ml,
        if(p.alt_u_l > 50, '> 50', '<= 50') as alt_u_l,
        if(p.ast_u_l > 40, '> 40', '<= 40') as ast_u_l,
        if(p.ggt_u_l > 60, '> 60', '<= 60') as ggt_u_l,
        if(p.tbil_umol_l > 19, '> 19', '<= 19') as tbil_umol_l,
        if(p.alb_g_l < 40, '< 40', '>= 40') as alb_g_l,
        p.child_pugh_class,
        if(p.diameter_cm > 5, '> 5', '<= 5') as diameter_cm,
        if(p.tumour_count > 1, 'multifocal', 'unifocal') as tumour_number,
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
    unpivot rows on columns(* exclude (given_split, event)) into name characteristic value level
)
select
    characteristic,
    level,
    count(*) filter (given_split = 'training' and event = 1) as training_event,
    count(*) filter (given_split = 'training' and event = 0) as training_no_event,
    count(*) filter (given_split = 'validation' and event = 1) as validation_event,
    count(*) filter (given_split = 'validation' and event = 0) as validation_no_event
from long
group by all
order by characteristic, level
