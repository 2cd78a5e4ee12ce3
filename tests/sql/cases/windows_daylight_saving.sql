-- Clocks go from 02:00 to 03:00, and later from 03:00 back to 02:00
SET 'parallelism.default' = '1';
CREATE TABLE spring (n BIGINT, ts AS TO_TIMESTAMP_LTZ(1679785200000 + 1800000 * n, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
  'rows-per-second' = '100000000', 'number-of-rows' = '10', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '9');
CREATE TABLE autumn (n BIGINT, ts AS TO_TIMESTAMP_LTZ(1698530400000 + 1800000 * n, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
  'rows-per-second' = '100000000', 'number-of-rows' = '14', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '13');
SET 'table.local-time-zone' = 'Europe/Berlin';
SELECT n, ts, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE spring, DESCRIPTOR(ts), INTERVAL '4' HOUR));
SELECT n, ts, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE autumn, DESCRIPTOR(ts), INTERVAL '1' HOUR));
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(TUMBLE(TABLE spring, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(TUMBLE(TABLE spring, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(HOP(TABLE spring, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '2' HOUR)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(CUMULATE(TABLE spring, DESCRIPTOR(ts), INTERVAL '2' HOUR, INTERVAL '4' HOUR)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(SESSION(TABLE spring, DESCRIPTOR(ts), INTERVAL '40' MINUTE)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(TUMBLE(TABLE autumn, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(TUMBLE(TABLE autumn, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(HOP(TABLE autumn, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '2' HOUR)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(CUMULATE(TABLE autumn, DESCRIPTOR(ts), INTERVAL '2' HOUR, INTERVAL '4' HOUR)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, window_time, COUNT(*) AS c, MIN(n) AS f FROM TABLE(SESSION(TABLE autumn, DESCRIPTOR(ts), INTERVAL '40' MINUTE)) GROUP BY window_start, window_end, window_time;
