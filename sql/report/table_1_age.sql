-- Age by part of the split and event, with the tests between them; a test stands once.
-- parameters: study
with tested as (
    select comparison, test, p_value
    from characteristic
    where study_id = $study and factor = 'age' and level = 'years'
),
grouped as (
    select
        s.role,
        s.y_true,
        count(p.age_years) as n,
        avg(p.age_years order by p.age_years) as mean_years,
        stddev_samp(p.age_years order by p.age_years) as sd_years,
        min(p.age_years) as youngest_years,
        max(p.age_years) as oldest_years
    from split as s
    join patient as p using (cohort_id, patient_id)
    where s.study_id = $study and s.repeat = 0 and s.y_true is not null
    group by s.role, s.y_true
)
select
    g.role,
    if(g.y_true = 1, 'Event', 'No event') as event,
    g.* exclude (role, y_true),
    if(g.y_true = 1, t.p_value, null) as p_value,
    if(g.y_true = 1 and g.role = 'train', b.p_value, null) as split_p,
    if(g.y_true = 1, t.test, null) as test,
    coalesce(s.value, 'the limit') as normality_alpha
from grouped as g
left join tested as t on t.comparison = g.role
left join tested as b on b.comparison = 'split'
left join study_setting as s
    on s.study_id = $study and s.name = 'validation.chain.selection.normality_alpha'
order by case g.role when 'train' then 1 when 'validation' then 2 else 3 end, g.role,
    g.y_true desc
