#include "common/base/nearest_word.h"
#include "common/connector/kafka/kafka_client_properties.h"

#include <string.h>
#include <strings.h>

struct settings {
    const struct connector_properties *given;
    struct arena *arena;
    struct connector_property *items;
    size_t count;
    struct connector_property *notices;
    size_t notice_count;
};

static void add(struct settings *settings, const char *name, const char *value)
{
    settings->items[settings->count++] =
        (struct connector_property){.key = name, .value = arena_strdup(settings->arena, value)};
}

static void add_notice(struct settings *settings, const char *name, const char *notice)
{
    settings->notices[settings->notice_count++] =
        (struct connector_property){.key = arena_strdup(settings->arena, name), .value = notice};
}

static char *lower_case(struct arena *arena, const char *text)
{
    char *lower = arena_strdup(arena, text);
    for (char *c = lower; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    return lower;
}

/* The value of name="value" or name=value in a JAAS entry, or NULL. */
static char *jaas_option(struct arena *arena, const char *entry, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = strstr(entry, name); at != NULL; at = strstr(at + 1, name)) {
        const char *value = at + size + strspn(at + size, " \t\n");
        if (at == entry || strchr(" \t\n", at[-1]) == NULL || *value != '=')
            continue;
        value += 1 + strspn(value + 1, " \t\n");
        char quote = *value;
        if (quote != '"' && quote != '\'')
            return arena_strndup(arena, value, strcspn(value, " \t\n;"));
        char *text = arena_strdup(arena, value + 1);
        char *out = text;
        for (const char *in = text; *in != '\0' && *in != quote; in++) {
            if (*in == '\\' && in[1] != '\0')
                in++;
            *out++ = *in;
        }
        *out = '\0';
        return text;
    }
    return NULL;
}

static enum status add_jaas(struct settings *settings, const char *entry, struct error *error)
{
    if (strstr(entry, "PlainLoginModule") != NULL || strstr(entry, "ScramLoginModule") != NULL) {
        const char *user = jaas_option(settings->arena, entry, "username");
        const char *password = jaas_option(settings->arena, entry, "password");
        if (user == NULL || password == NULL)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "'properties.sasl.jaas.config' names no %s: expected 'org.apache.kafka.common."
                             "security.plain.PlainLoginModule required username=\"u\" password=\"p\";'.",
                             user == NULL ? "username" : "password");
        add(settings, "sasl.username", user);
        add(settings, "sasl.password", password);
        return STATUS_OK;
    }
    if (strstr(entry, "Krb5LoginModule") != NULL) {
        const char *key_tab = jaas_option(settings->arena, entry, "keyTab");
        const char *principal = jaas_option(settings->arena, entry, "principal");
        if (key_tab != NULL)
            add(settings, "sasl.kerberos.keytab", key_tab);
        if (principal != NULL)
            add(settings, "sasl.kerberos.principal", principal);
        return STATUS_OK;
    }
    return error_set(
        error, STATUS_UNSUPPORTED,
        "'properties.sasl.jaas.config' names a login module that is not supported. Supported are "
        "PlainLoginModule, ScramLoginModule and Krb5LoginModule.");
}

static bool is_type(const struct settings *settings, const char *key, const char *type)
{
    const char *given = connector_property(settings->given, key);
    return strcasecmp(given == NULL ? "JKS" : given, type) == 0;
}

static enum status add_store(struct settings *settings, const char *name, const char *value,
                             struct error *error)
{
    if (strcmp(name, "ssl.truststore.location") == 0) {
        if (!is_type(settings, "ssl.truststore.type", "PEM"))
            return error_set(
                error, STATUS_UNSUPPORTED,
                "'properties.ssl.truststore.location' needs 'properties.ssl.truststore.type' = "
                "'PEM'. Convert a Java store: keytool -exportcert -rfc -keystore %s -file ca.pem",
                value);
        add(settings, "ssl.ca.location", value);
        return STATUS_OK;
    }
    if (is_type(settings, "ssl.keystore.type", "PEM")) {
        add(settings, "ssl.certificate.location", value);
        add(settings, "ssl.key.location", value);
    } else if (is_type(settings, "ssl.keystore.type", "PKCS12")) {
        add(settings, "ssl.keystore.location", value);
    } else {
        return error_set(error, STATUS_UNSUPPORTED,
                         "'properties.ssl.keystore.location' needs 'properties.ssl.keystore.type' = 'PKCS12' "
                         "or 'PEM'. Convert a Java store: keytool -importkeystore -srckeystore %s "
                         "-destkeystore keys.p12 -deststoretype PKCS12",
                         value);
    }
    return STATUS_OK;
}

static enum status add_translated(struct settings *settings, const struct kafka_client_property *property,
                                  const char *value, struct error *error)
{
    const char *name = property->name;
    if (strcmp(name, "sasl.jaas.config") == 0)
        return add_jaas(settings, value, error);
    if (strcmp(name, "ssl.truststore.location") == 0 || strcmp(name, "ssl.keystore.location") == 0)
        return add_store(settings, name, value, error);
    if (strcmp(name, "security.protocol") == 0)
        add(settings, name, lower_case(settings->arena, value));
    else if (strcmp(name, "ssl.endpoint.identification.algorithm") == 0)
        add(settings, name, *value == '\0' ? "none" : lower_case(settings->arena, value));
    else if (strcmp(name, "receive.buffer.bytes") == 0 || strcmp(name, "send.buffer.bytes") == 0)
        add(settings, property->target, strcmp(value, "-1") == 0 ? "0" : value);
    else if (property->target != NULL)
        add(settings, property->target, value);
    return STATUS_OK; /* the others are read where they matter: by the source, or with another property */
}

static void notice_unknown(struct settings *settings, const char *name)
{
    enum { NAMES_MAX = 256 };
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < kafka_client_property_count && count < NAMES_MAX; i++)
        names[count++] = kafka_client_properties[i].name;
    const char *nearest = nearest_word(name, names, count);
    add_notice(settings, name,
               nearest == NULL
                   ? "not known to the Kafka client, without effect"
                   : arena_printf(settings->arena,
                                  "not known to the Kafka client, without effect; did you mean '%s'?",
                                  nearest));
}

enum status kafka_client_settings_make(const struct connector_properties *properties,
                                       enum kafka_client_role role, struct arena *arena,
                                       struct kafka_client_settings *ret_settings, struct error *error)
{
    struct settings settings = {
        .given = properties,
        .arena = arena,
        .items = arena_calloc(arena, properties->count * 2 + 1, sizeof(struct connector_property)),
        .notices = arena_calloc(arena, properties->count + 1, sizeof(struct connector_property)),
    };
    for (size_t i = 0; i < properties->count; i++) {
        const char *name = properties->items[i].key;
        const char *value = properties->items[i].value;
        const struct kafka_client_property *property = kafka_client_property_find(name);
        enum status status = STATUS_OK;
        if (property == NULL)
            notice_unknown(&settings, name);
        else if (property->handling == KAFKA_PROPERTY_REFUSED)
            return error_set(error, STATUS_UNSUPPORTED, "The option 'properties.%s' is not supported: %s.",
                             name, property->doc);
        else if ((property->role & role) == 0)
            continue;
        else if (property->handling == KAFKA_PROPERTY_IGNORED)
            add_notice(&settings, name, property->doc);
        else if (property->handling == KAFKA_PROPERTY_SAME)
            add(&settings, property->name, value);
        else
            status = add_translated(&settings, property, value, error);
        if (status != STATUS_OK)
            return status;
    }
    *ret_settings = (struct kafka_client_settings){
        .settings = {.items = settings.items, .count = settings.count},
        .notices = {.items = settings.notices, .count = settings.notice_count},
    };
    return STATUS_OK;
}
