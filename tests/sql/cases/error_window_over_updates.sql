CREATE TABLE t (k STRING, n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE((SELECT k, n, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1), DESCRIPTOR(ts), INTERVAL '7' SECOND)) GROUP BY window_start, window_end;
