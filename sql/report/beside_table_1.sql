-- P values of the paper's Table 1 beside those of a study, by the title of the characteristic.
-- parameters: study
select p.* replace (coalesce(t.title, p.factor) as factor)
from paper_characteristics($study) as p
left join factor_titles(false) as t on p.factor = t.factor
order by p.position
