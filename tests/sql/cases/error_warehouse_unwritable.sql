CREATE TABLE t (id BIGINT) WITH ('connector' = 'iceberg', 'catalog-name' = 'c', 'catalog-type' = 'hadoop', 'warehouse' = 'file:///proc/nowhere', 'catalog-database' = 'd');
INSERT INTO t VALUES (1);
