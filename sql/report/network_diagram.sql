-- The network that stands for the images alone: architecture, trained values, and the crops it reads.
-- parameters: study
from drawn_network($study, 'DL')
