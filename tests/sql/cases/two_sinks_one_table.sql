-- two INSERTs of one job into one table: both land, in one commit a checkpoint
SET 'parallelism.default' = '1';
CREATE CATALOG lake WITH ('type' = 'iceberg', 'catalog-type' = 'hadoop', 'warehouse' = '${warehouse}');
CREATE DATABASE lake.db;
CREATE TABLE lake.db.t (id BIGINT);
CREATE TABLE lake.db.u (id BIGINT);
EXECUTE STATEMENT SET BEGIN
INSERT INTO lake.db.t VALUES (1), (2);
INSERT INTO lake.db.t VALUES (3);
INSERT INTO lake.db.u VALUES (4);
END;
SHOW TABLES IN lake.db;
