#pragma once

#include "common/connector/connector.h"

/*
 * What becomes of each property of Kafka's Java client that a table gives as 'properties.<name>'. The client
 * that runs is librdkafka: most names are its own too, others are translated. The documentation is made from
 * this table.
 */
enum kafka_property_handling {
    KAFKA_PROPERTY_SAME,       /* passed on under its name */
    KAFKA_PROPERTY_TRANSLATED, /* passed on under another name or in another form */
    KAFKA_PROPERTY_IGNORED,    /* without effect; a notice says why */
    KAFKA_PROPERTY_REFUSED,    /* an error: leaving it out would change what the job does */
};

enum kafka_client_role { KAFKA_CONSUMER = 1, KAFKA_PRODUCER = 2, KAFKA_ANY_CLIENT = 3 };

struct kafka_client_property {
    const char *name; /* the Java client's; one that ends in '.' stands for all names that begin with it */
    enum kafka_client_role role;
    enum kafka_property_handling handling;
    const char *target; /* librdkafka's name where it is another and one only; else NULL */
    const char *doc;
};

extern const struct kafka_client_property kafka_client_properties[];
extern const size_t kafka_client_property_count;

/* The row of the table for a name, or NULL. */
const struct kafka_client_property *kafka_client_property_find(const char *name);

/* What a client is configured with. Everything lives in the arena given. */
struct kafka_client_settings {
    struct connector_properties settings; /* librdkafka's names */
    struct connector_properties notices;  /* name, and what became of it */
};

/* properties: Java names, without 'properties.' before them. Those of the other role are left out silently.
 */
STATUS_MUST_CHECK enum status kafka_client_settings_make(const struct connector_properties *properties,
                                                         enum kafka_client_role role, struct arena *arena,
                                                         struct kafka_client_settings *ret_settings,
                                                         struct error *error);
