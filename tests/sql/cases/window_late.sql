-- rows in any order
-- four hundred rows a second, so that watermarks come between them: 200 minutes of event time, then ten rows of its first
-- minutes; their hour has fired long ago, but not all windows of their day, and their session is still open
SET 'parallelism.default' = '1';
SET 'pipeline.auto-watermark-interval' = '1 ms';
CREATE TABLE numbers (
  id BIGINT,
  ts AS TIMESTAMP '2024-05-01 00:00:00' + CASE WHEN id < 200 THEN id ELSE id - 200 END * INTERVAL '1' MINUTE,
  WATERMARK FOR ts AS ts - INTERVAL '10' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '400', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '209');
SELECT window_start, window_end, COUNT(*) AS n, MAX(id) AS hi
FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS n, MAX(id) AS hi
FROM TABLE(CUMULATE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '6' HOUR)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS n, MAX(id) AS hi
FROM TABLE(SESSION(TABLE numbers, DESCRIPTOR(ts), INTERVAL '5' MINUTE)) GROUP BY window_start, window_end;
