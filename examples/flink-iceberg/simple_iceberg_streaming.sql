-- Kafka to Iceberg: every user event becomes a row of streaming.user_events, partitioned by its type.
--
-- ${name:-default} is filled in by `frazil sql -D name=value` before the statements are read:
--   kafka_bootstrap_servers   the broker
--   topic                     the topic to read
--   warehouse                 the root folder of the Iceberg catalog
--   scan_bounded_mode         latest-offset: read what is there now, commit it, finish

SET 'pipeline.name' = 'simple_iceberg_streaming';

CREATE TABLE user_events (
  user_id BIGINT,
  event_type STRING,
  event_data STRING,
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = '${topic:-user_events}',
  'properties.bootstrap.servers' = '${kafka_bootstrap_servers:-kafka:9092}',
  'properties.group.id' = 'flink-iceberg-simple',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = '${scan_bounded_mode:-unbounded}',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE iceberg_user_events (
  user_id BIGINT,
  event_type STRING,
  event_data STRING,
  event_time TIMESTAMP(6),
  processing_time TIMESTAMP_LTZ(6)
) PARTITIONED BY (event_type) WITH (
  'connector' = 'iceberg',
  'catalog-name' = 'iceberg_catalog',
  'catalog-type' = 'hadoop',
  'warehouse' = '${warehouse:-file:///opt/iceberg/warehouse}',
  'database-name' = 'streaming',
  'table-name' = 'user_events',
  'format-version' = '2'
);

INSERT INTO iceberg_user_events
SELECT
  user_id,
  event_type,
  event_data,
  event_time,
  CURRENT_TIMESTAMP AS processing_time
FROM user_events;
