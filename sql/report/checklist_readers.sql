-- Agreement of the readers of the MR features.
-- parameters: study
select
    if(count(*) > 0, 'yes', 'no') as answer,
    coalesce(format('{} features read by two readers, kappa {:.3f} to {:.3f}', count(*), min(kappa),
        max(kappa)), 'no feature was read twice') as evidence
from reader_agreement
where study_id = $study
