-- The network of the fusion model: architecture, trained values, the crops it reads, and what is joined.
-- parameters: study
from drawn_network($study, 'DLRCR')
