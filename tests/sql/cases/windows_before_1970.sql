SET 'parallelism.default' = '1';
CREATE TABLE t (
  n BIGINT, ts AS TO_TIMESTAMP_LTZ(n * 4000 - 12500, 3), WATERMARK FOR ts AS ts
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '6',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '5');
SELECT window_start, window_end, window_time, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c FROM TABLE(SESSION(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY window_start, window_end, window_time;
