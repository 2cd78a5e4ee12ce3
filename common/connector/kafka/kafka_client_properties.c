#include "common/connector/kafka/kafka_client_properties.h"

#include <string.h>

#define SAME(name, role, doc)                                                                                \
    {                                                                                                        \
        name, role, KAFKA_PROPERTY_SAME, NULL, doc                                                           \
    }
#define RENAMED(name, role, target, doc)                                                                     \
    {                                                                                                        \
        name, role, KAFKA_PROPERTY_TRANSLATED, target, doc                                                   \
    }
#define FORMED(name, role, doc)                                                                              \
    {                                                                                                        \
        name, role, KAFKA_PROPERTY_TRANSLATED, NULL, doc                                                     \
    }
#define IGNORED(name, role, doc)                                                                             \
    {                                                                                                        \
        name, role, KAFKA_PROPERTY_IGNORED, NULL, doc                                                        \
    }
#define REFUSED(name, role, doc)                                                                             \
    {                                                                                                        \
        name, role, KAFKA_PROPERTY_REFUSED, NULL, doc                                                        \
    }

#define ANY      KAFKA_ANY_CLIENT
#define CONSUMER KAFKA_CONSUMER
#define PRODUCER KAFKA_PRODUCER

const struct kafka_client_property kafka_client_properties[] = {
    /* Connection */
    SAME("bootstrap.servers", ANY, "host:port of the brokers, separated by ','"),
    SAME("client.id", ANY, "the name by which brokers log the client"),
    SAME("client.rack", ANY, "reads from the nearest replica"),
    SAME("client.dns.lookup", ANY, ""),
    SAME("connections.max.idle.ms", ANY, ""),
    SAME("metadata.max.age.ms", ANY, ""),
    SAME("reconnect.backoff.ms", ANY, ""),
    SAME("reconnect.backoff.max.ms", ANY, ""),
    SAME("retry.backoff.ms", ANY, ""),
    SAME("socket.connection.setup.timeout.ms", ANY, ""),
    RENAMED("request.timeout.ms", ANY, "socket.timeout.ms", ""),
    RENAMED("receive.buffer.bytes", ANY, "socket.receive.buffer.bytes", "-1 leaves it to the system"),
    RENAMED("send.buffer.bytes", ANY, "socket.send.buffer.bytes", "-1 leaves it to the system"),
    IGNORED("retry.backoff.max.ms", ANY, "retries wait for 'retry.backoff.ms' each"),
    IGNORED("socket.connection.setup.timeout.max.ms", ANY, "the time-out does not grow"),
    IGNORED("metadata.max.idle.ms", ANY, "only topics in use are known"),
    IGNORED("metadata.recovery.", ANY, "the bootstrap servers are always tried again"),
    IGNORED("default.api.timeout.ms", ANY, "what a start asks of a broker has 10 s"),
    SAME("debug", ANY, "librdkafka's own: what its debug log tells, for example cgrp,fetch"),
    /* Security */
    FORMED("security.protocol", ANY, "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"),
    SAME("sasl.mechanism", ANY, "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or GSSAPI"),
    FORMED(
        "sasl.jaas.config", ANY,
        "user name and password of PlainLoginModule and ScramLoginModule; for Kerberos keyTab and principal"),
    SAME("sasl.kerberos.service.name", ANY, ""),
    SAME("sasl.kerberos.kinit.cmd", ANY, "in the form of librdkafka"),
    SAME("sasl.kerberos.min.time.before.relogin", ANY, ""),
    IGNORED("sasl.kerberos.ticket.renew.", ANY, "kinit renews at 'sasl.kerberos.min.time.before.relogin'"),
    REFUSED("sasl.login.class", ANY, "Java classes cannot be loaded; use 'sasl.jaas.config'"),
    REFUSED("sasl.login.callback.handler.class", ANY, "Java classes cannot be loaded"),
    REFUSED("sasl.client.callback.handler.class", ANY, "Java classes cannot be loaded"),
    REFUSED("sasl.oauthbearer.", ANY, "OAUTHBEARER is not supported; use SCRAM, PLAIN, Kerberos or TLS"),
    IGNORED("sasl.login.", ANY, "concerns OAUTHBEARER only"),
    FORMED("ssl.truststore.type", ANY, "PEM; a JKS or PKCS12 store is converted by keytool and openssl"),
    RENAMED("ssl.truststore.location", ANY, "ssl.ca.location", "a PEM file"),
    RENAMED("ssl.truststore.certificates", ANY, "ssl.ca.pem", ""),
    IGNORED("ssl.truststore.password", ANY, "a PEM file has none"),
    FORMED("ssl.keystore.type", ANY, "PKCS12 or PEM; a JKS store is converted by keytool"),
    FORMED("ssl.keystore.location", ANY, "a PKCS12 file, or a PEM file with key and certificates"),
    SAME("ssl.keystore.password", ANY, ""),
    RENAMED("ssl.keystore.key", ANY, "ssl.key.pem", ""),
    RENAMED("ssl.keystore.certificate.chain", ANY, "ssl.certificate.pem", ""),
    SAME("ssl.key.password", ANY, ""),
    FORMED("ssl.endpoint.identification.algorithm", ANY, "https, or empty: host names are not checked"),
    IGNORED("ssl.cipher.suites", ANY, "Java's names are not OpenSSL's; OpenSSL's defaults hold"),
    IGNORED("ssl.protocol", ANY, "the newest that both sides know"),
    IGNORED("ssl.enabled.protocols", ANY, "the newest that both sides know"),
    IGNORED("ssl.keymanager.algorithm", ANY, "concerns Java only"),
    IGNORED("ssl.trustmanager.algorithm", ANY, "concerns Java only"),
    IGNORED("ssl.secure.random.implementation", ANY, "concerns Java only"),
    REFUSED("ssl.provider", ANY, "Java classes cannot be loaded"),
    REFUSED("ssl.engine.factory.class", ANY, "Java classes cannot be loaded"),
    REFUSED("security.providers", ANY, "Java classes cannot be loaded"),
    REFUSED("config.providers", ANY, "Java classes cannot be loaded; write the value itself"),
    REFUSED("interceptor.classes", ANY, "Java classes cannot be loaded"),
    /* Reading */
    SAME("group.id", CONSUMER, "offsets are committed to it after each checkpoint, for information only"),
    SAME("isolation.level", CONSUMER, "read_uncommitted (default) or read_committed"),
    SAME("fetch.min.bytes", CONSUMER, ""),
    SAME("fetch.max.bytes", CONSUMER, ""),
    SAME("max.partition.fetch.bytes", CONSUMER, ""),
    SAME("check.crcs", CONSUMER, "on by default"),
    SAME("allow.auto.create.topics", CONSUMER, "off by default: a missing topic is an error"),
    RENAMED("fetch.max.wait.ms", CONSUMER, "fetch.wait.max.ms", ""),
    FORMED(
        "auto.offset.reset", CONSUMER,
        "where 'scan.startup.mode' = 'group-offsets' begins without a committed offset; never in mid-stream: "
        "an offset that is gone is an error"),
    FORMED("commit.offsets.on.checkpoint", CONSUMER, "false: no offsets are committed to the group"),
    IGNORED("enable.auto.commit", CONSUMER, "offsets are committed after checkpoints"),
    IGNORED("auto.commit.interval.ms", CONSUMER, "offsets are committed after checkpoints"),
    IGNORED("partition.discovery.interval.ms", CONSUMER, "use 'scan.topic-partition-discovery.interval'"),
    IGNORED("client.id.prefix", CONSUMER, "use 'properties.client.id'"),
    IGNORED("register.consumer.metrics", CONSUMER, "metrics are always there"),
    IGNORED("max.poll.", CONSUMER, "batches have at most 4096 records; there is no poll to be late for"),
    IGNORED("session.timeout.ms", CONSUMER, "partitions are assigned by the job, not by the group"),
    IGNORED("heartbeat.interval.ms", CONSUMER, "partitions are assigned by the job, not by the group"),
    IGNORED("partition.assignment.strategy", CONSUMER, "partitions are assigned by the job"),
    IGNORED("group.instance.id", CONSUMER, "partitions are assigned by the job, not by the group"),
    IGNORED("group.protocol", CONSUMER, "partitions are assigned by the job, not by the group"),
    IGNORED("group.remote.assignor", CONSUMER, "partitions are assigned by the job"),
    IGNORED("exclude.internal.topics", CONSUMER, "topics are given by name"),
    IGNORED("key.deserializer", CONSUMER, "the table's format reads the bytes"),
    IGNORED("value.deserializer", CONSUMER, "the table's format reads the bytes"),
    SAME("queued.min.messages", CONSUMER, "librdkafka's own: records fetched ahead in one subtask"),
    SAME("queued.max.messages.kbytes", CONSUMER, "librdkafka's own: KiB fetched ahead in one subtask"),
    /* Writing */
    SAME("compression.type", PRODUCER, ""),
    SAME("linger.ms", PRODUCER, ""),
    SAME("batch.size", PRODUCER, ""),
    SAME("delivery.timeout.ms", PRODUCER, "after it an undelivered record fails the job"),
    RENAMED("max.request.size", PRODUCER, "message.max.bytes", ""),
    IGNORED("buffer.memory", PRODUCER, "at most 16 MiB of dead letters wait"),
    IGNORED("acks", PRODUCER, "always all"),
    IGNORED("enable.idempotence", PRODUCER, "always on"),
    IGNORED("retries", PRODUCER, "until 'delivery.timeout.ms' is over"),
    IGNORED("max.in.flight.requests.per.connection", PRODUCER, "at most 5, in order"),
    IGNORED("max.block.ms", PRODUCER, "a full queue is backpressure"),
    IGNORED("partitioner.", PRODUCER, "records without key go round, others by the hash of the key"),
    IGNORED("key.serializer", PRODUCER, "bytes are written as they are"),
    IGNORED("value.serializer", PRODUCER, "bytes are written as they are"),
    IGNORED("transaction.timeout.ms", PRODUCER, "dead letters are written without transactions"),
    REFUSED("transactional.id", PRODUCER, "the job writes without transactions"),
    /* Metrics */
    IGNORED("metric.reporters", ANY, "Java classes cannot be loaded; metrics are in the REST interface"),
    IGNORED("metrics.", ANY, "metrics are in the REST interface"),
    IGNORED("auto.include.jmx.reporter", ANY, "concerns Java only"),
    IGNORED("enable.metrics.push", ANY, "the client pushes none"),
};

const size_t kafka_client_property_count = sizeof kafka_client_properties / sizeof *kafka_client_properties;

const struct kafka_client_property *kafka_client_property_find(const char *name)
{
    for (size_t i = 0; i < kafka_client_property_count; i++) {
        const char *known = kafka_client_properties[i].name;
        size_t size = strlen(known);
        if (known[size - 1] == '.' ? strncmp(known, name, size) == 0 : strcmp(known, name) == 0)
            return &kafka_client_properties[i];
    }
    return NULL;
}
