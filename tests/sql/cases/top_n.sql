-- ROW_NUMBER() <= n: with and without the number, a range, the largest groups
SET 'parallelism.default' = '1';
CREATE TEMPORARY VIEW t AS SELECT * FROM (VALUES ('a', 1, 'p'), ('b', 5, 'q'), ('a', 4, 'r'), ('a', CAST(NULL AS INT), 's'), ('a', 2, 't'), ('b', 5, 'u'), ('a', 4, 'v')) AS v(k, score, name);
SELECT k, score, name, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY score DESC) AS rn FROM t) WHERE rn <= 3;
SELECT k, score, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY score DESC) AS rn FROM t) WHERE rn <= 2;
SELECT k, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY score, name DESC) AS rn FROM t) WHERE rn = 1;
SELECT name, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY score DESC NULLS LAST, name) AS rn FROM t) WHERE rn BETWEEN 3 AND 4;
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '20000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '9999');
-- the largest groups, once all numbers are counted
SELECT DISTINCT * FROM (SELECT SUM(c) AS counted, SUM(k) AS keys FROM
  (SELECT k, c FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY c DESC, k) AS rn FROM (SELECT MOD(n, 7) AS k, COUNT(*) AS c FROM numbers GROUP BY MOD(n, 7))) WHERE rn <= 3)) WHERE counted = 4287;
