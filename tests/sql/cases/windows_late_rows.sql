-- Each row comes in a batch of its own, the watermark behind it: rows 3 and 5 are late, row 4 for some windows
SET 'parallelism.default' = '1';
SET 'pipeline.auto-watermark-interval' = '0 ms';
CREATE TABLE t (
  n BIGINT, i AS n / 4096,
  ts AS TO_TIMESTAMP_LTZ(CASE n / 4096 WHEN 0 THEN 1 WHEN 1 THEN 12 WHEN 2 THEN 25 WHEN 3 THEN 3 WHEN 4 THEN 17 WHEN 5 THEN 14 WHEN 6 THEN 31 WHEN 7 THEN 29 ELSE 40 END * 1000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '32769',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '32768');
CREATE VIEW rows_of AS SELECT * FROM t WHERE MOD(n, 4096) = 0;
SELECT window_start, window_end, COUNT(*) AS c, LISTAGG(CAST(i AS STRING)) AS rows_in FROM TABLE(TUMBLE(TABLE rows_of, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS c, MIN(i) AS low, MAX(i) AS high, SUM(i) AS s FROM TABLE(HOP(TABLE rows_of, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS c, MIN(i) AS low, MAX(i) AS high, SUM(i) AS s FROM TABLE(CUMULATE(TABLE rows_of, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '30' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS c FROM TABLE(SESSION(TABLE rows_of, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS s, COUNT(*) AS c, LISTAGG(CAST(i AS STRING)) AS rows_in FROM rows_of GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
SELECT i, window_start FROM TABLE(TUMBLE(TABLE rows_of, DESCRIPTOR(ts), INTERVAL '10' SECOND));
