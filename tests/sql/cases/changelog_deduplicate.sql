SET 'parallelism.default' = '1';
SET 'pipeline.auto-watermark-interval' = '0 ms';
CREATE TABLE t (
  n BIGINT, i AS n / 4096, pt AS PROCTIME(),
  k AS CASE n / 4096 WHEN 3 THEN CAST(NULL AS STRING) WHEN 7 THEN CAST(NULL AS STRING) ELSE IF(MOD(n / 4096, 2) = 0, 'even', 'odd') END,
  v AS CASE n / 4096 WHEN 2 THEN CAST(NULL AS INT) ELSE CAST(MOD(n / 4096 * 5, 7) AS INT) END,
  ts AS TO_TIMESTAMP_LTZ(MOD(n / 4096 * 5, 7) * 1000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '36865',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '36864');
SELECT i, k, v, ts FROM t WHERE MOD(n, 4096) = 0;
EXPLAIN CHANGELOG_MODE SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
EXPLAIN CHANGELOG_MODE SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
EXPLAIN CHANGELOG_MODE SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
EXPLAIN CHANGELOG_MODE SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
-- rows before the watermark are late, those at it are not
CREATE TABLE late (
  n BIGINT, i AS n / 4096, pt AS PROCTIME(),
  k AS CASE n / 4096 WHEN 3 THEN CAST(NULL AS STRING) WHEN 7 THEN CAST(NULL AS STRING) ELSE IF(MOD(n / 4096, 2) = 0, 'even', 'odd') END,
  v AS CASE n / 4096 WHEN 2 THEN CAST(NULL AS INT) ELSE CAST(MOD(n / 4096 * 5, 7) AS INT) END,
  ts AS TO_TIMESTAMP_LTZ(MOD(n / 4096 * 5, 7) * 1000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '36865',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '36864');
SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM late WHERE MOD(n, 4096) = 0) WHERE rn = 1;
-- a table that only takes inserts
CREATE TABLE appended (i BIGINT, k STRING, v INT) WITH ('connector' = 'iceberg', 'catalog-name' = 'c', 'catalog-type' = 'hadoop', 'warehouse' = '${warehouse}', 'catalog-database' = 'db', 'catalog-table' = 'appended');
INSERT INTO appended SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
-- with mini-batch a first row is given at once, and corrected
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
EXPLAIN CHANGELOG_MODE SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
SELECT i, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t WHERE MOD(n, 4096) = 0) WHERE rn = 1;
