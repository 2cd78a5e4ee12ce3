-- The third row lies between the sessions of the first two; a late one opens none
SET 'parallelism.default' = '1';
SET 'pipeline.auto-watermark-interval' = '0 ms';
CREATE TABLE t (
  n BIGINT, i AS n / 4096,
  ts AS TO_TIMESTAMP_LTZ(CASE n / 4096 WHEN 0 THEN 1 WHEN 1 THEN 11 WHEN 2 THEN 6 WHEN 3 THEN 30 WHEN 4 THEN 41 WHEN 5 THEN 100 WHEN 6 THEN 31 ELSE 95 END * 1000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '28673',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '28672');
EXPLAIN SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(i) AS low, MAX(i) AS high
FROM TABLE(SESSION(TABLE t, DESCRIPTOR(ts), INTERVAL '6' SECOND)) WHERE MOD(n, 4096) = 0 GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(i) AS low, MAX(i) AS high
FROM TABLE(SESSION(TABLE t, DESCRIPTOR(ts), INTERVAL '6' SECOND)) WHERE MOD(n, 4096) = 0 GROUP BY window_start, window_end, window_time;
CREATE VIEW keyed AS SELECT *, IF(i IN (1, 3), CAST(NULL AS STRING), 'a') AS k FROM t WHERE MOD(n, 4096) = 0;
EXPLAIN SELECT k, window_start, window_end, COUNT(*) AS c
FROM TABLE(SESSION(TABLE keyed PARTITION BY k, DESCRIPTOR(ts), INTERVAL '6' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, window_start, window_end, COUNT(*) AS c
FROM TABLE(SESSION(TABLE keyed PARTITION BY k, DESCRIPTOR(ts), INTERVAL '6' SECOND)) GROUP BY k, window_start, window_end;
SELECT SESSION_START(ts, INTERVAL '6' SECOND) AS s, SESSION_END(ts, INTERVAL '6' SECOND) AS e, COUNT(*) AS c FROM keyed GROUP BY SESSION(ts, INTERVAL '6' SECOND);
SELECT i, window_start, window_end FROM TABLE(SESSION(TABLE keyed, DESCRIPTOR(ts), INTERVAL '6' SECOND));
