-- Kafka to Iceberg: metrics of sensors become averages, extremes and counts by the hour in streaming.metrics_hourly.
--
-- ${name:-default} is filled in by `frazil sql -D name=value` before the statements are read:
--   kafka_bootstrap_servers   the broker
--   topic                     the topic to read
--   warehouse                 the root folder of the Iceberg catalog
--   window_unit               windows are one HOUR long; MINUTE shows results while one looks on
--   scan_bounded_mode         latest-offset: read what is there now, close all windows, commit, finish

SET 'pipeline.name' = 'windowed_aggregations';

CREATE TABLE metrics (
  sensor_id STRING,
  metric_name STRING,
  metric_value DOUBLE,
  location STRING,
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '10' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = '${topic:-metrics}',
  'properties.bootstrap.servers' = '${kafka_bootstrap_servers:-kafka:9092}',
  'properties.group.id' = 'flink-iceberg-windowed',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = '${scan_bounded_mode:-unbounded}',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE iceberg_metrics_hourly (
  sensor_id STRING,
  location STRING,
  metric_name STRING,
  window_start TIMESTAMP(6),
  window_end TIMESTAMP(6),
  avg_value DOUBLE,
  min_value DOUBLE,
  max_value DOUBLE,
  event_count BIGINT
) PARTITIONED BY (location, DATE_FORMAT(window_start, 'yyyy-MM-dd')) WITH (
  'connector' = 'iceberg',
  'catalog-name' = 'iceberg_catalog',
  'catalog-type' = 'hadoop',
  'warehouse' = '${warehouse:-file:///opt/iceberg/warehouse}',
  'database-name' = 'streaming',
  'table-name' = 'metrics_hourly',
  'format-version' = '2'
);

INSERT INTO iceberg_metrics_hourly
SELECT
  sensor_id,
  location,
  metric_name,
  TUMBLE_START(event_time, INTERVAL '1' ${window_unit:-HOUR}) AS window_start,
  TUMBLE_END(event_time, INTERVAL '1' ${window_unit:-HOUR}) AS window_end,
  AVG(metric_value) AS avg_value,
  MIN(metric_value) AS min_value,
  MAX(metric_value) AS max_value,
  COUNT(*) AS event_count
FROM metrics
GROUP BY
  sensor_id,
  location,
  metric_name,
  TUMBLE(event_time, INTERVAL '1' ${window_unit:-HOUR});
