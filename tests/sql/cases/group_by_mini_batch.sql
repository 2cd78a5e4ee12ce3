-- in two phases the groups are the same
SET 'parallelism.default' = '2';
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SET 'table.exec.mini-batch.size' = '5000';
CREATE TEMPORARY VIEW t AS SELECT * FROM (VALUES ('a', 1), ('b', 2), ('a', 3), (CAST(NULL AS STRING), 4), ('a', CAST(NULL AS INT))) AS v(k, i);
SELECT * FROM (SELECT k, COUNT(*) AS c, SUM(i) AS s, AVG(i) AS a, MAX(i) AS m, COUNT(DISTINCT i) AS d FROM t GROUP BY k) WHERE k = 'a';
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '20000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '9999');
SELECT DISTINCT * FROM (SELECT SUM(c) AS counted, MAX(s) AS largest, COUNT(DISTINCT s) AS d FROM
  (SELECT MOD(n, 10) AS k, COUNT(*) AS c, SUM(CASE WHEN n < 5000 THEN 1 ELSE -1 END) AS s FROM numbers GROUP BY MOD(n, 10))) WHERE counted = 10000;
