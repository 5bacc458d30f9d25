-- No registration fits clearly worse than before, or moves far (30 mm) or turns much (15 degrees).
-- table: registration
-- severity: warn
select cohort_id, patient_id, phase, settings_id, shift_mm, rotation_deg, metric_before, metric_after
from lake.registration
where metric_after < 0.95 * metric_before or shift_mm > 30 or rotation_deg > 15
