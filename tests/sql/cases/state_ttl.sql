-- with a time to live a group that was silent for so long begins again: the fourth number is of the first one's group
SET 'parallelism.default' = '1';
SET 'table.exec.state.ttl' = '1 s';
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '3');
SELECT MOD(n, 3) AS k, COUNT(*) AS c, SUM(n) AS s FROM numbers GROUP BY MOD(n, 3);
SELECT DISTINCT MOD(n, 3) AS k FROM numbers;
