-- One row in each batch of 4096, so that each changes the result by itself
SET 'parallelism.default' = '1';
SET 'pipeline.auto-watermark-interval' = '0 ms';
CREATE TABLE source (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '36865',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '36864');
CREATE VIEW t AS SELECT i, CASE i WHEN 3 THEN CAST(NULL AS STRING) WHEN 7 THEN CAST(NULL AS STRING) ELSE IF(MOD(i, 2) = 0, 'even', 'odd') END AS k,
  CASE i WHEN 2 THEN CAST(NULL AS INT) ELSE CAST(MOD(i * 5, 7) AS INT) END AS v
FROM (SELECT n / 4096 AS i FROM source WHERE MOD(n, 4096) = 0);
SELECT * FROM t;
SELECT k, COUNT(*) AS c, COUNT(v) AS cv, SUM(v) AS s, AVG(v) AS a, MIN(v) AS low, MAX(v) AS high FROM t GROUP BY k;
SELECT k, FIRST_VALUE(v) AS f, LAST_VALUE(v) AS l, LISTAGG(CAST(v AS STRING)) AS list, COUNT(DISTINCT MOD(v, 3)) AS d,
  SUM(v) FILTER (WHERE v > 4) AS big, STDDEV_POP(CAST(v AS DOUBLE)) AS sd FROM t GROUP BY k;
EXPLAIN CHANGELOG_MODE SELECT k, COUNT(*) AS c FROM t GROUP BY k HAVING COUNT(*) BETWEEN 2 AND 3;
SELECT k, COUNT(*) AS c FROM t GROUP BY k HAVING COUNT(*) BETWEEN 2 AND 3;
SELECT COUNT(*) AS c, SUM(v) AS s FROM t WHERE i > 100;
