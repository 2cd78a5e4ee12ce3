SET 'parallelism.default' = '1';
CREATE TABLE t (
  n BIGINT,
  k AS CASE WHEN MOD(n, 5) = 4 THEN CAST(NULL AS STRING) WHEN MOD(n, 2) = 0 THEN 'a' ELSE 'b' END,
  v AS CASE WHEN MOD(n, 4) = 3 THEN CAST(NULL AS INT) ELSE CAST(MOD(n * 7, 11) AS INT) END,
  ts AS TO_TIMESTAMP_LTZ(n * 1000, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '20',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '19');
CREATE VIEW results AS SELECT k, window_start, COUNT(*) AS c, COUNT(v) AS cv, COUNT(DISTINCT MOD(v, 3)) AS cd, SUM(v) AS s, AVG(v) AS a, MIN(v) AS low, MAX(v) AS high, SUM(DISTINCT MOD(v, 3)) AS sd
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
DESCRIBE results;
SELECT * FROM results;
CREATE VIEW more AS SELECT k, FIRST_VALUE(v) AS f, LAST_VALUE(v) AS l, LISTAGG(CAST(v AS STRING)) AS list, LISTAGG(k, '; ') AS ks, STDDEV_POP(v) AS sp, STDDEV_SAMP(v) AS ss, VAR_POP(v) AS vp, VAR_SAMP(v) AS vs
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
DESCRIBE more;
SELECT * FROM more;
CREATE VIEW numbers AS SELECT SUM(n) AS sl, AVG(n) AS al, SUM(CAST(v AS FLOAT)) AS sf, AVG(CAST(v AS FLOAT)) AS af, SUM(CAST(v AS DECIMAL(10, 2))) AS sdec, AVG(CAST(v AS DECIMAL(10, 2))) AS adec, STDDEV_SAMP(CAST(v AS DOUBLE)) AS sd, VAR_POP(CAST(v AS DECIMAL(10, 2))) AS vdec, MAX(ts) AS last_ts, MIN(k) AS low
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
DESCRIBE numbers;
SELECT * FROM numbers;
SELECT k, COUNT(*) FILTER (WHERE v > 5) AS c, SUM(v) FILTER (WHERE v > 5) AS s, MAX(v) FILTER (WHERE v > 100) AS nothing, COUNT(DISTINCT v) FILTER (WHERE v < 5) AS d
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT window_start, COUNT(v) AS c, SUM(v) AS s, AVG(v) AS a, MIN(v) AS low, LISTAGG(CAST(v AS STRING)) AS list, STDDEV_SAMP(v) AS sd, FIRST_VALUE(v) AS f
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE v IS NULL GROUP BY window_start, window_end;
