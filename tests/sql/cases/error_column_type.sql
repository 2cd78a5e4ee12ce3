CREATE TABLE t (id BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO t SELECT TRUE;
