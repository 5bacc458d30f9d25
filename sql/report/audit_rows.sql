-- The numbers that a study's report prints, one row each, for the audit of `hccer audit`: rates
-- and AUCs of every model, tests of two AUCs, odds ratios, counts with their tests, features. Where
-- a group has too few patients for a number, the number is not there. Out of fold, rates are at the
-- thresholds of the folds, a point that need not lie on the curve: they stand as a group apart.
-- parameters: study
with measured as (
    from metric where study_id = $study and isfinite(value)
),
predicted as (
    select fit_id, cohort_id, role, y_true, count(distinct (cohort_id, patient_id)) as n
    from prediction
    where study_id = $study and permutation = 0
    group by all
),
sizes as (
    select
        m.fit_id,
        m.cohort_id || ' ' || m.role as part,
        m.role = 'out_of_fold' as pooled,
        if(p.y_true = 1, 'event', 'no event') as outcome,
        sum(p.n) as n
    from (select distinct fit_id, cohort_id, role from measured) as m
    join predicted as p
        on m.fit_id = p.fit_id and m.role = p.role
        and list_contains(string_split(m.cohort_id, ' + '), p.cohort_id)
    group by all
),
areas as (
    select
        fit_id,
        cohort_id || ' ' || role as part,
        unnest([
            struct_pack(statistic := 'auc', value := value),
            struct_pack(statistic := 'auc_low', value := ci_low),
            struct_pack(statistic := 'auc_high', value := ci_high)
        ], recursive := true)
    from measured
    where metric = 'auc'
),
tests as (
    select
        if(test = 'paired', fit_id_a || ' vs ' || fit_id_b, fit_id_a) as claim,
        if(test = 'paired', cohort_id || ' ' || role,
            cohort_id || ' train vs ' || cohort_id || ' validation') as part,
        p_value
    from comparison
    where study_id = $study and isfinite(p_value)
),
subgroups as (
    select *, cohort_id || ' ' || role || ', ' || subgroup || ' ' || level as part
    from subgroup_metric
    where study_id = $study and isfinite(auc)
),
subgroup_areas as (
    select
        fit_id,
        part,
        unnest([
            struct_pack(statistic := 'auc', value := auc),
            struct_pack(statistic := 'auc_low', value := ci_low),
            struct_pack(statistic := 'auc_high', value := ci_high)
        ], recursive := true)
    from subgroups
),
subgroup_sizes as (
    select
        fit_id,
        part,
        unnest([
            struct_pack(outcome := 'event', n := events),
            struct_pack(outcome := 'no event', n := n - events)
        ], recursive := true)
    from subgroups
),
pairs as (
    select fit_id, list(part order by level) as parts, any_value(p_value) as p_value
    from subgroups
    group by fit_id, cohort_id, role, subgroup
    having count(*) = 2 and isfinite(any_value(p_value))
),
odds as (
    select
        if(analysis = 'univariate', factor, factor || ', ' || analysis) as claim,
        if(analysis = 'univariate', '', 'adjusted_') as kind,
        unnest([
            struct_pack(part := '', value := odds_ratio),
            struct_pack(part := '_low', value := ci_low),
            struct_pack(part := '_high', value := ci_high),
            struct_pack(part := '_p', value := p_value)
        ], recursive := true)
    from risk_factor
    where study_id = $study
),
counted as (
    select
        factor,
        level,
        unnest([
            struct_pack(part := if(comparison = 'split', 'train', comparison),
                outcome := if(comparison = 'split', '', 'event'), n := n_a, total := total_a),
            struct_pack(part := if(comparison = 'split', 'validation', comparison),
                outcome := if(comparison = 'split', '', 'no event'), n := n_b, total := total_b)
        ], recursive := true)
    from characteristic
    where study_id = $study and level <> 'years'  -- no count
),
count_tests as (
    select distinct
        factor,
        if(comparison = 'split', 'train vs validation', comparison) as part,
        if(comparison = 'split', '', 'event vs no event') as outcome,
        p_value
    from characteristic
    where study_id = $study and level <> 'years' and isfinite(p_value)
),
classes as (
    select phase, d.image_type, count(distinct feature_name) as n
    from feature_reliability as r
    join (select distinct feature_name, image_type from feature_definition) as d
        using (feature_name)
    where study_id = $study
    group by all
),
phases as (
    select phase, sum(n) as n, string_agg(n::varchar, ' + ' order by image_type) as parts
    from classes
    group by phase
),
features as (
    select 'features of ' || phase as claim, n, parts from phases
    union all
    select 'features of all phases', sum(n), string_agg(n::varchar, ' + ' order by phase)
    from phases
    having count(*) > 0
),
rows ("table", "row", level, "group", outcome, statistic, printed) as (
    select 'models', fit_id, '', part, outcome, 'n', n::bigint::varchar
    from sizes
    union all
    select 'models', fit_id, '', part || ' rates', outcome, 'n', n::bigint::varchar
    from sizes
    where pooled
    union all
    select 'models', fit_id, '',
        cohort_id || ' ' || role || if(role = 'out_of_fold', ' rates', ''),
        '', metric, format('{:.3f}', value)
    from measured
    where metric in ('accuracy', 'sensitivity', 'specificity', 'ppv', 'npv')
    union all
    select 'models', fit_id, '', part, '', statistic, format('{:.3f}', value)
    from areas
    where isfinite(value)
    union all
    select 'tests', claim, '', part, '', 'auc_p',
        if(p_value < 0.001, '<0.001', format('{:.3f}', p_value))
    from tests
    union all
    select 'subgroups', fit_id, '', part, '', statistic, format('{:.3f}', value)
    from subgroup_areas
    where isfinite(value)
    union all
    select 'subgroups', fit_id, '', part, outcome, 'n', n::varchar
    from subgroup_sizes
    union all
    select 'subgroups', fit_id, '', parts[1] || ' vs ' || parts[2], '', 'auc_p',
        if(p_value < 0.001, '<0.001', format('{:.3f}', p_value))
    from pairs
    union all
    select 'odds ratios', claim, '', 'train', '', kind || 'odds_ratio' || part,
        if(part = '_p' and value < 0.001, '<0.001', format('{:.3f}', value))
    from odds
    where isfinite(value)
    union all
    select 'characteristics', factor, level, part, outcome, 'count', n::varchar
    from counted
    union all
    select 'characteristics', factor, level, part, outcome, 'percent',
        format('{:.1f}', 100.0 * n / total)
    from counted
    where total > 0
    union all
    select distinct 'characteristics', factor, '', part, outcome, 'n', total::varchar
    from counted
    union all
    select 'characteristics', factor, '', part, outcome, 'count_p',
        if(p_value < 0.001, '<0.001', format('{:.3f}', p_value))
    from count_tests
    union all
    select 'features', claim, '', '', '', 'number', n::bigint::varchar from features
    union all
    select 'features', claim, '', '', '', 'arithmetic', parts from features
)
select * from rows order by all
