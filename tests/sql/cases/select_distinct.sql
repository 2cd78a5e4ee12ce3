-- SELECT DISTINCT gives each row once, NULLs being equal
SET 'parallelism.default' = '1';
CREATE TEMPORARY VIEW t AS SELECT * FROM (VALUES (1, 'a'), (1, 'a'), (2, CAST(NULL AS STRING)), (1, 'b'), (2, CAST(NULL AS STRING))) AS v(i, s);
SELECT DISTINCT i, s FROM t;
SELECT DISTINCT i FROM t;
SELECT COUNT(*), COUNT(DISTINCT s) FROM (SELECT DISTINCT i, s FROM t);
