-- rows in any order
SET 'parallelism.default' = '1';
CREATE TABLE numbers (
  id BIGINT,
  ts AS CASE WHEN id <> 1 THEN TIMESTAMP '1969-12-31 23:50:00' + id * INTERVAL '25' MINUTE END,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '2');
-- the row without a time has no window
SELECT * FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' HOUR));
SELECT * FROM TABLE(HOP(TABLE numbers, DESCRIPTOR(ts), INTERVAL '30' MINUTE, INTERVAL '1' HOUR));
SELECT * FROM TABLE(CUMULATE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '20' MINUTE, INTERVAL '1' HOUR));
SELECT id, window_start FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' HOUR)) WHERE id = 2;
