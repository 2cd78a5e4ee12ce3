-- rows in any order
-- group windows with their auxiliary functions, of event time and of processing time
SET 'parallelism.default' = '2';
CREATE TABLE numbers (
  id BIGINT,
  k AS id % 2,
  pt AS PROCTIME(),
  ts AS TIMESTAMP '2024-05-01 10:00:00' + id * INTERVAL '25' MINUTE,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '5');
SELECT k, TUMBLE_START(ts, INTERVAL '1' HOUR) AS s, TUMBLE_END(ts, INTERVAL '1' HOUR) AS e, TUMBLE_ROWTIME(ts, INTERVAL '1' HOUR) AS r, COUNT(*) AS n, FIRST_VALUE(id) AS f, LAST_VALUE(id) AS l
FROM numbers GROUP BY k, TUMBLE(ts, INTERVAL '1' HOUR);
SELECT HOP_START(ts, INTERVAL '30' MINUTE, INTERVAL '1' HOUR) AS s, HOP_ROWTIME(ts, INTERVAL '30' MINUTE, INTERVAL '1' HOUR) AS r, SUM(id) AS n
FROM numbers GROUP BY HOP(ts, INTERVAL '30' MINUTE, INTERVAL '1' HOUR) HAVING COUNT(*) > 1;
SELECT k, COUNT(*) AS n FROM numbers GROUP BY k, TUMBLE(pt, INTERVAL '1000' DAY);
SELECT COUNT(*) AS n FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(pt), INTERVAL '1000' DAY)) GROUP BY window_start, window_end;
SELECT k, SUM(id) AS n FROM numbers GROUP BY k, SESSION(pt, INTERVAL '1' HOUR);
