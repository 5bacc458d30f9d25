-- Imaging at several times.
-- parameters: study
with phase as (
    select distinct phase from feature_reliability where study_id = $study
)
select
    'no' as answer,
    format('{} phases of one examination are no second time point', count(*)) as evidence
from phase
