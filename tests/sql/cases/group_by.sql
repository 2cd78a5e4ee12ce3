-- GROUP BY: NULL is a group, NULLs are skipped, an empty group has no result; HAVING; expressions over aggregates
SET 'parallelism.default' = '1';
CREATE TEMPORARY VIEW t AS SELECT * FROM (VALUES
  ('a', 1, CAST(10 AS BIGINT), CAST(1.5 AS DOUBLE), CAST(2.25 AS DECIMAL(10, 2)), DATE '2024-05-01'),
  ('b', 2, 20, 2.5, 0.10, DATE '1969-12-31'),
  ('a', 4, CAST(NULL AS BIGINT), 0.1, 7.00, DATE '2024-01-31'),
  (CAST(NULL AS STRING), CAST(NULL AS INT), 5, CAST(NULL AS DOUBLE), CAST(NULL AS DECIMAL(10, 2)), CAST(NULL AS DATE)),
  ('a', 2, 30, 0.2, 0.33, DATE '2024-12-24'),
  (CAST(NULL AS STRING), CAST(NULL AS INT), -5, CAST(NULL AS DOUBLE), CAST(NULL AS DECIMAL(10, 2)), CAST(NULL AS DATE))
) AS v(k, i, l, d, c, day);
SELECT k, COUNT(*), COUNT(i), SUM(i), AVG(i), MIN(i), MAX(i) FROM t GROUP BY k;
SELECT k, SUM(l), AVG(l), SUM(d), AVG(d), SUM(c), AVG(c) FROM t GROUP BY k;
SELECT k, MIN(day), MAX(day), MIN(c), MAX(d), MIN(k), MAX(i > 1) FROM t GROUP BY k;
SELECT k, SUM(i) * 2 + COUNT(*) AS x FROM t GROUP BY k HAVING COUNT(*) > 1 AND SUM(l) >= 0;
SELECT COUNT(*), SUM(i), MAX(k) FROM t;
SELECT COUNT(*), SUM(i) FROM t WHERE k = 'nobody';
SELECT i / 2 AS half, COUNT(*) AS n FROM t GROUP BY i / 2;
-- a sum of INT wraps, as in Flink; NULLs alone have no sum
SELECT SUM(x), AVG(x) FROM (VALUES (2147483647), (1)) AS v(x);
SELECT SUM(x), AVG(x), COUNT(x) FROM (VALUES (CAST(NULL AS INT)), (CAST(NULL AS INT))) AS v(x);
-- -0.0 and 0.0 are one group
SELECT x, COUNT(*) FROM (VALUES (CAST(0.0 AS DOUBLE)), (-CAST(0.0 AS DOUBLE)), (CAST('NaN' AS DOUBLE)), (CAST('NaN' AS DOUBLE))) AS v(x) GROUP BY x;
