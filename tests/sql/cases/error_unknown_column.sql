CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen');
SELECT no_such_column FROM t;
