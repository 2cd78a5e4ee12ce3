-- ROW_NUMBER() = 1 over a time attribute: the first or the last row of a key. Where rows are replaced, what is printed is their
-- sum at the very end; DISTINCT makes an insert of it however it came about.
SET 'parallelism.default' = '1';
CREATE TABLE numbers (n BIGINT, ts AS TO_TIMESTAMP_LTZ(n * 1000, 3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '9');
SELECT k, n FROM (SELECT MOD(n, 3) AS k, n, ROW_NUMBER() OVER (PARTITION BY MOD(n, 3) ORDER BY pt) AS rn FROM numbers) WHERE rn = 1;
SELECT k, n FROM (SELECT MOD(n, 3) AS k, n, ROW_NUMBER() OVER (PARTITION BY MOD(n, 3) ORDER BY ts) AS rn FROM numbers) WHERE rn = 1;
SELECT DISTINCT * FROM (SELECT SUM(n) AS total, COUNT(*) AS num_keys FROM (SELECT n, ROW_NUMBER() OVER (PARTITION BY MOD(n, 3) ORDER BY pt DESC) AS rn FROM numbers) WHERE rn = 1) WHERE total = 24;
SELECT DISTINCT * FROM (SELECT SUM(n) AS total, COUNT(*) AS num_keys FROM (SELECT n, ROW_NUMBER() OVER (PARTITION BY MOD(n, 3) ORDER BY ts DESC) AS rn FROM numbers) WHERE rn = 1) WHERE total = 24;
-- times that go back: a row that is earlier takes the place of the first
CREATE TABLE backwards (n BIGINT, ts AS TO_TIMESTAMP_LTZ((10 - n) * 1000, 3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '9');
SELECT DISTINCT * FROM (SELECT SUM(n) AS total, COUNT(*) AS num_keys FROM (SELECT n, ROW_NUMBER() OVER (PARTITION BY MOD(n, 3) ORDER BY ts) AS rn FROM backwards) WHERE rn = 1) WHERE total = 24;
SELECT k, n FROM (SELECT MOD(n, 3) AS k, n, ROW_NUMBER() OVER (PARTITION BY MOD(n, 3) ORDER BY ts DESC) AS rn FROM backwards) WHERE rn = 1;
