-- rows in any order
SET 'parallelism.default' = '2';
CREATE TABLE numbers (
  id BIGINT,
  k AS id % 3,
  ts AS TIMESTAMP '2024-05-01 10:00:00' + id * INTERVAL '7' MINUTE,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '20');
-- the same window again
SELECT window_start, window_end, COUNT(*) AS keys, SUM(n) AS rows_, MAX(s) AS largest FROM (
  SELECT window_start, window_end, k, COUNT(*) AS n, SUM(id) AS s
  FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '30' MINUTE)) GROUP BY window_start, window_end, k)
GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS keys, SUM(n) AS rows_ FROM (
  SELECT window_start, window_end, k, COUNT(*) AS n
  FROM TABLE(CUMULATE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '30' MINUTE, INTERVAL '1' HOUR)) GROUP BY window_start, window_end, k)
GROUP BY window_start, window_end;
-- a larger window over the rows of a smaller one
CREATE VIEW halves AS SELECT window_time AS rowtime, k, COUNT(*) AS n
  FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '30' MINUTE)) GROUP BY window_start, window_end, window_time, k;
SELECT window_start, window_end, COUNT(*) AS windows, SUM(n) AS rows_
FROM TABLE(TUMBLE(TABLE halves, DESCRIPTOR(rowtime), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
-- sessions are windows too
SELECT window_start, window_end, COUNT(*) AS sessions, SUM(n) AS rows_ FROM (
  SELECT window_start, window_end, k, COUNT(*) AS n
  FROM TABLE(SESSION(TABLE numbers PARTITION BY k, DESCRIPTOR(ts), INTERVAL '30' MINUTE)) GROUP BY window_start, window_end, k)
GROUP BY window_start, window_end;
