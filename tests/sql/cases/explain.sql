CREATE TABLE events (user_id BIGINT, event_type STRING, unused STRING, at TIMESTAMP(3)) WITH ('connector' = 'datagen');
CREATE TABLE sink (user_id BIGINT, kind STRING) WITH ('connector' = 'blackhole');
EXPLAIN INSERT INTO sink SELECT user_id, UPPER(event_type) FROM events WHERE user_id > 10;
