SET 'parallelism.default' = '1';
SET 'pipeline.auto-watermark-interval' = '0 ms';
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '60 s';
SET 'table.exec.mini-batch.size' = '5000';
CREATE TABLE source (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '20481',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '20480');
CREATE VIEW t AS SELECT i, CASE i WHEN 3 THEN CAST(NULL AS STRING) ELSE IF(MOD(i, 2) = 0, 'even', 'odd') END AS k
FROM (SELECT n / 4096 AS i FROM source WHERE MOD(n, 4096) = 0);
EXPLAIN CHANGELOG_MODE SELECT k, COUNT(*) AS c, SUM(i) AS s, AVG(i) AS a, COUNT(DISTINCT MOD(i, 2)) AS d FROM t GROUP BY k;
SELECT k, COUNT(*) AS c, SUM(i) AS s, AVG(i) AS a, COUNT(DISTINCT MOD(i, 2)) AS d FROM t GROUP BY k;
EXPLAIN CHANGELOG_MODE SELECT MAX(c) AS high FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k);
SELECT MAX(c) AS high FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k);
SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
EXPLAIN CHANGELOG_MODE SELECT k, COUNT(*) AS c FROM t GROUP BY k;
