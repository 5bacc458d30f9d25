-- What the pipeline is worth on patients not seen, beside what its fits show in the main split.
-- parameters: study
select
    w.model,
    round(w.auc, 3) as auc,
    round(w.ci_low, 3) as ci_low,
    round(w.ci_high, 3) as ci_high,
    round(w.auc_within, 3) as auc_within,
    round(w.accuracy, 3) as accuracy,
    round(w.sensitivity, 3) as sensitivity,
    round(w.specificity, 3) as specificity,
    w.repeats,
    round(w.p_value, 4) as p_value,
    w.permutations,
    round(w.by_prevalence, 3) as by_prevalence,
    round(max(m.auc) filter (m.role = 'train'), 3) as training_auc,
    round(max(m.auc) filter (m.role = 'validation'), 3) as validation_auc,
    array_to_string(list_transform(
        json_keys(w.kept),
        lambda step: step || ' ' || format('{:g}', round((w.kept ->> step)::double, 1))
    ), ', ') as kept
from worth as w
left join model_fit as f
    on f.study_id = w.study_id
    and case w.model
        when 'CR' then f.model = 'CR'
        when 'RCR' then f.model = 'RCR'
        when 'honest' then f.model = 'radiomics' and f.choice is not null
        else f.model = 'radiomics' and f.algorithm = w.model
    end
left join evaluated_parts($study) as m using (fit_id)
where w.study_id = $study
group by all
order by w.model
