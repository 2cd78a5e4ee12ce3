-- a sequence ends its source, also when its column is not read
SET 'parallelism.default' = '1';
CREATE TABLE numbers (n BIGINT, s STRING) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '5', 'fields.n.end' = '7');
SELECT 'x' AS x FROM numbers;
SELECT n FROM numbers WHERE n > 100;
