-- The paper's Tables 2 and 4 (Zhao et al., Front Oncol 2024, doi 10.3389/fonc.2024.1446386) beside
-- this study, networks beside the same network. The printed sensitivity and specificity of DL and DLRCR fit no count of patients; read
-- as predictive values they do, and what follows from them stands here. The printed lower limit of
-- DLRCR in training, .963, is above its AUC: it stands here as .863, the limit that fits. P is that
-- of training against validation (unpaired DeLong test), in the row of the validation patients.
-- parameters: study
with paper (
    printed_in, model, algorithm, role, auc, ci_low, ci_high, accuracy, sensitivity, specificity,
    p_value, note
) as (
    values
    ('Table 2', 'radiomics', 'LR', 'train', .839, .772, .906, .780, .885, .630, null, null),
    ('Table 2', 'radiomics', 'LR', 'validation', .804, .650, .957, .727, .833, .600, '0.436',
        'P .436 does not follow from its AUCs and intervals; .681 in Table 4 does'),
    ('Table 2', 'radiomics', 'SVM', 'train', .971, .935, 1., .932, .987, .852, null, null),
    ('Table 2', 'radiomics', 'SVM', 'validation', .641, .439, .842, .636, .889, .333, '0.003', null),
    ('Table 2', 'radiomics', 'KNN', 'train', .874, .816, .931, .803, .821, .778, null, null),
    ('Table 2', 'radiomics', 'KNN', 'validation', .637, .439, .835, .515, .500, .533, '0.031', null),
    ('Table 2', 'radiomics', 'XGBoost', 'train', .934, .888, .980, .871, .846, .907, null, null),
    ('Table 2', 'radiomics', 'XGBoost', 'validation', .722, .547, .897, .667, .556, .800, '0.028',
        null),
    ('Table 2', 'radiomics', 'MLP', 'train', 1., 1., 1., 1., 1., 1., null, null),
    ('Table 2', 'radiomics', 'MLP', 'validation', .626, .429, .823, .606, .667, .533, '<0.001', null),
    ('Table 4', 'CR', 'LR', 'train', .662, .574, .749, .652, .654, .648, null, null),
    ('Table 4', 'CR', 'LR', 'validation', .752, .593, .911, .727, .667, .800, '0.334', null),
    ('Table 4', 'radiomics', 'LR', 'train', .839, .772, .906, .780, .885, .630, null, null),
    ('Table 4', 'radiomics', 'LR', 'validation', .804, .650, .957, .727, .833, .600, '0.681', null),
    ('Table 4', 'DL', 'ResNet-10', 'train', .870, .806, .934, .803, .795, .815, null,
        'printed .861 and .733: PPV and NPV'),
    ('Table 4', 'DL', 'ResNet-10', 'validation', .826, .682, .970, .788, .778, .800, '0.584',
        'printed .824 and .750: PPV and NPV'),
    ('Table 4', 'RCR', 'LR', 'train', .841, .774, .908, .773, .872, .630, null, null),
    ('Table 4', 'RCR', 'LR', 'validation', .811, .661, .962, .727, .833, .600, '0.722', null),
    ('Table 4', 'DLRCR', 'ResNet-10', 'train', .917, .863, .972, .886, .923, .833, null,
        'printed .889 and .882: PPV and NPV; printed lower limit .963'),
    ('Table 4', 'DLRCR', 'ResNet-10', 'validation', .844, .702, .987, .818, .889, .733, '0.355',
        'printed .800 and .846: PPV and NPV')
),
ours as (
    select
        f.model,
        f.algorithm,
        m.cohort_id,
        m.role,
        any_value(m.value) filter (m.metric = 'auc') as auc,
        any_value(m.ci_low) filter (m.metric = 'auc') as ci_low,
        any_value(m.ci_high) filter (m.metric = 'auc') as ci_high,
        any_value(m.value) filter (m.metric = 'accuracy') as accuracy,
        any_value(m.value) filter (m.metric = 'sensitivity') as sensitivity,
        any_value(m.value) filter (m.metric = 'specificity') as specificity,
        any_value(c.p_value) as p_value
    from lake.metric as m
    join lake.model_fit as f using (study_id, fit_id)
    left join lake.comparison as c
        on c.study_id = m.study_id and c.test = 'unpaired' and c.fit_id_a = m.fit_id
        and c.cohort_id = m.cohort_id and m.role = 'validation'
    where m.study_id = study
    group by f.model, f.algorithm, m.cohort_id, m.role
)
select
    p.printed_in,
    p.model,
    p.algorithm,
    p.role,
    o.cohort_id,
    p.auc::double as paper_auc,
    p.ci_low::double as paper_low,
    p.ci_high::double as paper_high,
    o.auc,
    o.ci_low as auc_low,
    o.ci_high as auc_high,
    p.accuracy::double as paper_accuracy,
    o.accuracy,
    p.sensitivity::double as paper_sensitivity,
    o.sensitivity,
    p.specificity::double as paper_specificity,
    o.specificity,
    p.p_value as paper_p_value,
    o.p_value,
    p.note
from paper as p
left join ours as o using (model, algorithm, role)
