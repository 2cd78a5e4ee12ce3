-- a branch that would fail is not evaluated for the rows that do not take it
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '4');
SET 'parallelism.default' = '1';
SELECT n, CASE WHEN n <> 0 THEN 12 / n ELSE -1 END AS quotient FROM numbers;
SELECT n FROM numbers WHERE n <> 0 AND 12 / n > 4;
SELECT n FROM numbers WHERE 12 / n > 4;
