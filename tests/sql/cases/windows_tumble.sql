SET 'parallelism.default' = '1';
CREATE TABLE t (
  n BIGINT,
  k AS CASE WHEN MOD(n, 5) = 4 THEN CAST(NULL AS STRING) WHEN MOD(n, 2) = 0 THEN 'a' ELSE 'b' END,
  v AS CASE WHEN MOD(n, 4) = 3 THEN CAST(NULL AS INT) ELSE CAST(MOD(n * 7, 11) AS INT) END,
  ts AS TO_TIMESTAMP_LTZ(n * 1000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '20',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '19');
EXPLAIN SELECT k, window_start, window_end, window_time, COUNT(*) AS c, SUM(v) AS s
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND)) GROUP BY k, window_start, window_end, window_time;
SELECT k, window_start, window_end, window_time, COUNT(*) AS c, SUM(v) AS s
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND)) GROUP BY k, window_start, window_end, window_time;
EXPLAIN SELECT window_start, window_end, COUNT(*) AS c, MAX(v) AS high
FROM TABLE(TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '7' SECOND, `OFFSET` => INTERVAL '2' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS c, MAX(v) AS high
FROM TABLE(TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '7' SECOND, `OFFSET` => INTERVAL '2' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '-2' SECOND)) GROUP BY window_start, window_end;
SELECT n, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND)) WHERE MOD(n, 5) = 0;
SELECT window_start, k, n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND)) WHERE n < 0;
SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND)) WHERE n > 8 AND n < 2 GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND)) WHERE n < 3 OR n > 17 GROUP BY window_start, window_end HAVING COUNT(*) > 1;
