SELECT UPPER('straße'), LOWER('ÄB'), CHAR_LENGTH('añb'), SUBSTRING('añbc', 2, 2), SUBSTRING('abc' FROM 2), TRIM('  x '), REPLACE('aXbX', 'X', '-');
SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'a%c' LIKE 'a\%c' ESCAPE '\', 'abc' NOT LIKE 'b%', CONCAT('a', 'b', 'c');
SELECT 'it''s' AS quote, JSON_VALUE('{"a":{"b":"x"}}', '$.a.b') AS json;
