-- rows in any order
SET 'parallelism.default' = '2';
CREATE TABLE numbers (
  id BIGINT,
  k AS CASE WHEN id % 2 = 0 THEN 'even' ELSE 'odd' END,
  ts AS TIMESTAMP '2024-02-28 23:00:00' + id * INTERVAL '20' MINUTE,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '7');
-- windows share slices
SELECT window_start, window_end, k, COUNT(*) AS n, SUM(id) AS s, MAX(id) AS hi
FROM TABLE(HOP(TABLE numbers, DESCRIPTOR(ts), INTERVAL '30' MINUTE, INTERVAL '1' HOUR)) GROUP BY window_start, window_end, k;
-- a size that is no multiple of the slide, and a slide above the size, which leaves gaps
SELECT window_start, window_end, COUNT(*) AS n, SUM(id) AS s
FROM TABLE(HOP(TABLE numbers, DESCRIPTOR(ts), INTERVAL '40' MINUTE, INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
SELECT HOP_START(ts, INTERVAL '1' HOUR, INTERVAL '30' MINUTE) AS s, HOP_END(ts, INTERVAL '1' HOUR, INTERVAL '30' MINUTE) AS e, COUNT(*) AS n, MIN(id) AS lo
FROM numbers GROUP BY HOP(ts, INTERVAL '1' HOUR, INTERVAL '30' MINUTE);
-- each step gives everything since the start; a key is there from its first row on
SELECT window_start, window_end, k, COUNT(*) AS n, SUM(id) AS s
FROM TABLE(CUMULATE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '3' HOUR, INTERVAL '-30' MINUTE)) GROUP BY window_start, window_end, k;
