-- Characteristics and factors by name, in the order of the tables: as measured, or as coded 1 for a model.
-- parameters: coded
select position, factor, if(coded, one, measured) as title
from (
    values
    (1, 'sex', 'Gender', 'Gender (male)'),
    (2, 'age', 'Age (years)', 'Age (per year)'),
    (3, 'hepatitis', 'History of hepatitis B or C', 'History of hepatitis B or C'),
    (4, 'afp', 'AFP (IU/mL)', 'AFP > 400 IU/mL'),
    (5, 'alt', 'ALT (U/L)', 'ALT > 50 U/L'),
    (6, 'ast', 'AST (U/L)', 'AST > 40 U/L'),
    (7, 'ggt', 'GGT (U/L)', 'GGT > 60 U/L'),
    (8, 'tbil', 'Total bilirubin (µmol/L)', 'Total bilirubin > 19 µmol/L'),
    (9, 'alb', 'Albumin (g/L)', 'Albumin ≥ 40 g/L'),
    (10, 'child_pugh', 'Child-Pugh class', 'Child-Pugh class B'),
    (11, 'diameter', 'Tumour diameter (cm)', 'Tumour diameter > 5 cm'),
    (12, 'number', 'Tumour number', 'Multifocal tumour'),
    (13, 'margin', 'Tumour margin', 'Non-smooth margin'),
    (14, 'necrosis', 'Necrosis', 'Necrosis absent'),
    (15, 'hemorrhage', 'Hemorrhage', 'Hemorrhage absent'),
    (16, 'encapsulation', 'Encapsulation', 'Encapsulation absent'),
    (17, 'peritumoral_enhancement', 'Arterial peritumoral enhancement',
        'Arterial peritumoral enhancement absent'),
    (18, 'cirrhosis', 'Radiological cirrhosis', 'Radiological cirrhosis absent'),
    (19, 'event', 'Event', 'Event')
) as named (position, factor, measured, one)
