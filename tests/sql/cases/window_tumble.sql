-- rows in any order
-- 16 rows from 22:00 of the year before 1970 on, half an hour apart and out of order by up to an hour; an hour without rows
SET 'parallelism.default' = '2';
CREATE TABLE numbers (
  id BIGINT,
  k AS CASE id % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' END,
  v AS CASE WHEN id % 5 <> 4 THEN id END,
  ts AS TIMESTAMP '1969-12-31 22:00:00' + (CASE WHEN id < 8 THEN id ELSE id + 4 END + CASE WHEN id % 4 = 0 THEN 2 ELSE 0 END) * INTERVAL '30' MINUTE,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '15');
SELECT id, k, v, ts FROM numbers;
-- a NULL is a key like any other; an empty window gives no row
SELECT window_start, window_end, window_time, k, COUNT(*) AS n, COUNT(v) AS c, SUM(v) AS s, AVG(v) AS a, MIN(id) AS lo, MAX(id) AS hi, COUNT(*) FILTER (WHERE v > 5) AS f
FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end, window_time, k;
-- without keys, and shifted by an offset to both sides
SELECT window_start, window_end, COUNT(*) AS n, COUNT(DISTINCT k) AS d
FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '4' HOUR)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS n
FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '4' HOUR, INTERVAL '30' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS n
FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '4' HOUR, INTERVAL '-30' MINUTE)) GROUP BY window_start, window_end;
-- only the window, no aggregate
SELECT k, window_start FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '4' HOUR)) GROUP BY k, window_start, window_end;
EXPLAIN SELECT window_start, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '4' HOUR)) GROUP BY window_start, window_end, k;
