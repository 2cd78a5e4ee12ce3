-- groups over groups: what the inner ones take back, a maximum among it, is taken back from the outer one. The rows that are
-- printed are those of the very end, when all numbers are counted; DISTINCT makes an insert of them however they came about.
SET 'parallelism.default' = '2';
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '20000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '9999');
CREATE TEMPORARY VIEW inner_groups AS
  SELECT MOD(n, 10) AS k, COUNT(*) AS c, SUM(CASE WHEN n < 5000 THEN 1 ELSE -1 END) AS s, SUM(n) AS total FROM numbers GROUP BY MOD(n, 10);
SELECT DISTINCT * FROM (SELECT SUM(c) AS counted, MAX(s) AS largest, MIN(s) AS smallest, COUNT(DISTINCT s) AS d, AVG(total) AS a, MAX(total) AS m FROM inner_groups) WHERE counted = 10000;
-- a group that has no rows any more is gone: at the end there is one, of the ten inner groups that have counted 1000
SELECT DISTINCT * FROM (SELECT COUNT(*) AS num_groups, MIN(c) AS smallest, SUM(members) AS members FROM (SELECT c, COUNT(*) AS members FROM inner_groups GROUP BY c)) WHERE smallest = 1000 AND members = 10;
