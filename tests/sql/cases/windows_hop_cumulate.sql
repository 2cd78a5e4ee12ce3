SET 'parallelism.default' = '1';
CREATE TABLE t (
  n BIGINT,
  k AS CASE WHEN MOD(n, 5) = 4 THEN CAST(NULL AS STRING) WHEN MOD(n, 2) = 0 THEN 'a' ELSE 'b' END,
  v AS CASE WHEN MOD(n, 4) = 3 THEN CAST(NULL AS INT) ELSE CAST(MOD(n * 7, 11) AS INT) END,
  ts AS TO_TIMESTAMP_LTZ(n * 1000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '20',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '19');
EXPLAIN SELECT window_start, window_end, window_time, COUNT(*) AS c, SUM(v) AS s, COUNT(DISTINCT k) AS d
FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, SUM(v) AS s, COUNT(DISTINCT k) AS d
FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, COUNT(*) AS c FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
SELECT n, window_start, window_end FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) WHERE n IN (0, 7);
EXPLAIN SELECT window_start, window_end, window_time, COUNT(*) AS c, SUM(v) AS s, MIN(v) AS low
FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, SUM(v) AS s, MIN(v) AS low
FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, COUNT(*) AS c FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
SELECT n, window_start, window_end FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) WHERE n IN (0, 7);
