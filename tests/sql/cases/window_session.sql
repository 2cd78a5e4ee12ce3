-- rows in any order
-- three visits of a, of which the row that comes last joins two; b has rows exactly the gap apart, and one a second further
SET 'parallelism.default' = '2';
CREATE TABLE visits (
  id BIGINT,
  k AS CASE WHEN id < 5 THEN 'a' ELSE 'b' END,
  ts AS TIMESTAMP '2024-05-01 10:00:00' + CASE id WHEN 0 THEN 0 WHEN 1 THEN 20 WHEN 2 THEN 60 WHEN 3 THEN 65 WHEN 4 THEN 10 WHEN 5 THEN 0 WHEN 6 THEN 10 ELSE 21 END * INTERVAL '1' MINUTE,
  WATERMARK FOR ts AS ts - INTERVAL '2' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '7');
SELECT window_start, window_end, window_time, k, COUNT(*) AS n, SUM(id) AS s
FROM TABLE(SESSION(TABLE visits PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, window_time, k;
SELECT window_start, window_end, COUNT(*) AS n, COUNT(DISTINCT k) AS d
FROM TABLE(SESSION(TABLE visits, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end;
-- the rows themselves
SELECT id, k, window_start, window_end, window_time FROM TABLE(SESSION(TABLE visits PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' MINUTE));
-- as a group window
SELECT SESSION_START(ts, INTERVAL '10' MINUTE) AS s, SESSION_END(ts, INTERVAL '10' MINUTE) AS e, SESSION_ROWTIME(ts, INTERVAL '10' MINUTE) AS r, k, COUNT(*) AS n
FROM visits GROUP BY SESSION(ts, INTERVAL '10' MINUTE), k;
