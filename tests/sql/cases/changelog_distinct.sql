SET 'parallelism.default' = '1';
SET 'pipeline.auto-watermark-interval' = '0 ms';
CREATE TABLE source (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '28673',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '28672');
CREATE VIEW t AS SELECT i, CASE MOD(i, 4) WHEN 3 THEN CAST(NULL AS BIGINT) ELSE MOD(i, 2) END AS k
FROM (SELECT n / 4096 AS i FROM source WHERE MOD(n, 4096) = 0);
EXPLAIN CHANGELOG_MODE SELECT DISTINCT k FROM t;
SELECT DISTINCT k FROM t;
EXPLAIN CHANGELOG_MODE SELECT DISTINCT c FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k);
SELECT DISTINCT c FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k);
