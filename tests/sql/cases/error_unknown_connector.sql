CREATE TABLE t (id BIGINT) WITH ('connector' = 'kafak');
SELECT * FROM t;
