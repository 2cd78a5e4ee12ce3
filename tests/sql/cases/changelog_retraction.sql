-- What a group by gives on is taken back from the one above it, the largest value too
SET 'parallelism.default' = '1';
SET 'pipeline.auto-watermark-interval' = '0 ms';
CREATE TABLE source (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '36865',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '36864');
CREATE VIEW t AS SELECT i, MOD(i, 3) AS k, CAST(MOD(i * 5, 7) AS INT) AS v
FROM (SELECT n / 4096 AS i FROM source WHERE MOD(n, 4096) = 0);
SELECT * FROM t;
EXPLAIN CHANGELOG_MODE SELECT MAX(low) AS high FROM (SELECT k, MIN(v) AS low FROM t GROUP BY k);
SELECT MAX(low) AS high FROM (SELECT k, MIN(v) AS low FROM t GROUP BY k);
EXPLAIN CHANGELOG_MODE SELECT c, COUNT(*) AS groups_of_it FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k) GROUP BY c;
SELECT c, COUNT(*) AS groups_of_it FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k) GROUP BY c;
SELECT COUNT(DISTINCT low) AS d, SUM(low) AS s, AVG(low) AS a, MIN(low) AS low, MAX(low) AS high FROM (SELECT k, MIN(v) AS low FROM t GROUP BY k);
SELECT FIRST_VALUE(low) AS f, LAST_VALUE(low) AS l, LISTAGG(CAST(low AS STRING)) AS list, VAR_POP(CAST(low AS DOUBLE)) AS v, SUM(low) FILTER (WHERE low < 4) AS small
FROM (SELECT k, MIN(v) AS low FROM t GROUP BY k);
