#!/usr/bin/env bash
# The broker in a container: kafka:9092 for the other containers, KAFKA_EXTERNAL_ADDRESS (127.0.0.1:9092) on port 29092
# for the host.
set -euo pipefail

data=/var/lib/kafka/data
mkdir -p "$data"
if [[ ! -f $data/meta.properties ]]; then
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | tr -d '=')
  printf 'version=1\ncluster.id=%s\nnode.id=1\n' "$id" >"$data/meta.properties"
fi
sed -e 's|@PORT@|9092|g' -e 's|@CONTROLLER_PORT@|9093|g' -e "s|@DATA@|$data|g" \
  /opt/kafka/server.properties >/var/lib/kafka/server.properties
external=${KAFKA_EXTERNAL_ADDRESS:-127.0.0.1:9092}
exec java -Xms128m -Xmx512m -XX:+UseSerialGC -Dkafka.logs.dir=/var/lib/kafka/logs \
  -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -Djava.awt.headless=true -cp '/opt/kafka/lib/*' \
  kafka.Kafka /var/lib/kafka/server.properties \
  --override 'listeners=PLAINTEXT://0.0.0.0:9092,EXTERNAL://0.0.0.0:29092,CONTROLLER://127.0.0.1:9093' \
  --override "advertised.listeners=PLAINTEXT://kafka:9092,EXTERNAL://$external" \
  --override 'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,EXTERNAL:PLAINTEXT'
