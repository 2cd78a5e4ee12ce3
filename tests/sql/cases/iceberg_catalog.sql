CREATE CATALOG lake WITH ('type' = 'iceberg', 'catalog-type' = 'hadoop', 'warehouse' = '${warehouse}');
USE CATALOG lake;
CREATE DATABASE db;
USE db;
CREATE TABLE t (id BIGINT NOT NULL, kind STRING, at TIMESTAMP(6), amount DECIMAL(10, 2)) PARTITIONED BY (kind, days(at)) WITH ('write.parquet.compression-codec' = 'zstd');
SHOW TABLES;
DESCRIBE t;
INSERT INTO t VALUES (1, 'a', TIMESTAMP '2024-05-01 10:00:00', 1.25), (2, 'b', TIMESTAMP '1969-12-31 23:00:00', CAST(NULL AS DECIMAL(10, 2)));
INSERT INTO t (id, kind) VALUES (3, 'c');
