-- rows in any order
-- a day of 23 and one of 25 hours; an hour that does not occur and one that occurs twice
SET 'parallelism.default' = '2';
SET 'table.local-time-zone' = 'America/Los_Angeles';
CREATE TABLE spring (
  id BIGINT,
  ts AS TO_TIMESTAMP_LTZ(1615708800000 + id * 1800000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '-20', 'fields.id.end' = '60');
CREATE TABLE autumn (
  id BIGINT,
  ts AS TO_TIMESTAMP_LTZ(1636268400000 + id * 1800000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '-20', 'fields.id.end' = '60');
SELECT window_start, window_end, window_time, COUNT(*) AS n, MIN(ts) AS lo, MAX(ts) AS hi
FROM TABLE(TUMBLE(TABLE spring, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS n, MIN(ts) AS lo, MAX(ts) AS hi
FROM TABLE(TUMBLE(TABLE autumn, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, COUNT(*) AS n
FROM TABLE(TUMBLE(TABLE spring, DESCRIPTOR(ts), INTERVAL '1' HOUR)) WHERE id BETWEEN 0 AND 9 GROUP BY window_start, window_end;
SELECT window_start, window_end, window_time, COUNT(*) AS n
FROM TABLE(TUMBLE(TABLE autumn, DESCRIPTOR(ts), INTERVAL '1' HOUR)) WHERE id BETWEEN 0 AND 9 GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, COUNT(*) AS n
FROM TABLE(HOP(TABLE autumn, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '2' HOUR)) WHERE id BETWEEN 0 AND 9 GROUP BY window_start, window_end;
SELECT TUMBLE_START(ts, INTERVAL '12' HOUR) AS s, TUMBLE_ROWTIME(ts, INTERVAL '12' HOUR) AS r, COUNT(*) AS n FROM spring GROUP BY TUMBLE(ts, INTERVAL '12' HOUR);
-- the same instants in a zone without such days
SET 'table.local-time-zone' = 'Asia/Kathmandu';
SELECT window_start, window_end, window_time, COUNT(*) AS n
FROM TABLE(TUMBLE(TABLE spring, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end, window_time;
