-- rows in any order
SET 'parallelism.default' = '1';
SET 'restart-strategy.type' = 'none';
CREATE TABLE numbers (
  id BIGINT,
  ts AS CASE WHEN id <> 1 THEN TIMESTAMP '2024-05-01 10:00:00' + id * INTERVAL '25' MINUTE END,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '2');
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
