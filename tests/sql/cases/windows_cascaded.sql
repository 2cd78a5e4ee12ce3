SET 'parallelism.default' = '1';
CREATE TABLE t (
  n BIGINT,
  k AS CASE WHEN MOD(n, 5) = 4 THEN CAST(NULL AS STRING) WHEN MOD(n, 2) = 0 THEN 'a' ELSE 'b' END,
  v AS CASE WHEN MOD(n, 4) = 3 THEN CAST(NULL AS INT) ELSE CAST(MOD(n * 7, 11) AS INT) END,
  ts AS TO_TIMESTAMP_LTZ(n * 1000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '20',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '19');
CREATE VIEW inner_windows AS SELECT k, window_start AS ws, window_end AS we, window_time AS wt, COUNT(*) AS c, MAX(v) AS high
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end, window_time;
DESCRIBE inner_windows;
EXPLAIN SELECT window_start, window_end, SUM(c) AS c, MAX(high) AS high
FROM TABLE(TUMBLE(TABLE inner_windows, DESCRIPTOR(wt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, SUM(c) AS c, MAX(high) AS high
FROM TABLE(TUMBLE(TABLE inner_windows, DESCRIPTOR(wt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
EXPLAIN SELECT window_start, window_end, COUNT(*) AS ks, SUM(c) AS c, MAX(high) AS high
FROM (SELECT k, window_start, window_end, COUNT(*) AS c, MAX(v) AS high FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end)
GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS ks, SUM(c) AS c, MAX(high) AS high
FROM (SELECT k, window_start, window_end, COUNT(*) AS c, MAX(v) AS high FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end)
GROUP BY window_start, window_end;
EXPLAIN SELECT TUMBLE_START(rt, INTERVAL '10' SECOND) AS s, SUM(c) AS c
FROM (SELECT k, TUMBLE_ROWTIME(ts, INTERVAL '5' SECOND) AS rt, COUNT(*) AS c FROM t GROUP BY k, TUMBLE(ts, INTERVAL '5' SECOND))
GROUP BY TUMBLE(rt, INTERVAL '10' SECOND);
SELECT TUMBLE_START(rt, INTERVAL '10' SECOND) AS s, SUM(c) AS c
FROM (SELECT k, TUMBLE_ROWTIME(ts, INTERVAL '5' SECOND) AS rt, COUNT(*) AS c FROM t GROUP BY k, TUMBLE(ts, INTERVAL '5' SECOND))
GROUP BY TUMBLE(rt, INTERVAL '10' SECOND);
