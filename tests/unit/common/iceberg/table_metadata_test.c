#include "common/iceberg/table_metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 4096 };

static const char FULL[] =
    "{\"format-version\":2,\"table-uuid\":\"9c12d441-03fe-4693-9a96-a0705ddf69c1\",\"location\":\"file:///w/"
    "db/t\","
    "\"last-sequence-number\":34,\"last-updated-ms\":1602638573590,\"last-column-id\":3,\"current-schema-"
    "id\":1,"
    "\"schemas\":[{\"type\":\"struct\",\"schema-id\":0,\"fields\":[{\"id\":1,\"name\":\"x\",\"required\":"
    "true,"
    "\"type\":\"long\"}]},{\"type\":\"struct\",\"schema-id\":1,\"identifier-field-ids\":[1],\"fields\":[{"
    "\"id\":1,"
    "\"name\":\"x\",\"required\":true,\"type\":\"long\"},{\"id\":2,\"name\":\"y\",\"required\":false,"
    "\"type\":"
    "\"string\",\"doc\":\"kept\"}]}],\"default-spec-id\":0,\"partition-specs\":[{\"spec-id\":0,\"fields\":[{"
    "\"name\":"
    "\"x\",\"transform\":\"bucket[4]\",\"source-id\":1,\"field-id\":1000}]}],\"last-partition-id\":1000,"
    "\"default-sort-order-id\":0,\"sort-orders\":[{\"order-id\":0,\"fields\":[]}],\"properties\":{\"a\":"
    "\"b\","
    "\"write.metadata.previous-versions-max\":\"2\"},\"current-snapshot-id\":20,\"snapshots\":[{\"snapshot-"
    "id\":20,"
    "\"parent-snapshot-id\":10,\"timestamp-ms\":2,\"sequence-number\":34,\"summary\":{\"operation\":"
    "\"append\"},"
    "\"manifest-list\":\"file:///w/2.avro\"},{\"snapshot-id\":10,\"timestamp-ms\":1,\"sequence-number\":1,"
    "\"manifest-list\":\"file:///w/1.avro\"},{\"snapshot-id\":15,\"timestamp-ms\":1,\"sequence-number\":2,"
    "\"manifest-list\":\"file:///w/3.avro\"}],\"statistics\":[{\"snapshot-id\":20}],"
    "\"metadata-log\":[{\"timestamp-ms\":5,\"metadata-file\":\"file:///w/db/t/metadata/v1.metadata.json\"}]}";

static struct bytes_view view(const char *text)
{
    return (struct bytes_view){(const uint8_t *)text, strlen(text)};
}

static struct iceberg_table_metadata *must_parse(struct bytes_view bytes)
{
    struct error error;
    struct iceberg_table_metadata *metadata;
    if (iceberg_table_metadata_parse(bytes, &metadata, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return metadata;
}

static void a_table_of_others_is_read(void **state)
{
    (void)state;
    struct iceberg_table_metadata *metadata = must_parse(view(FULL));
    assert_string_equal(metadata->table_uuid, "9c12d441-03fe-4693-9a96-a0705ddf69c1");
    assert_int_equal(iceberg_table_schema(metadata)->num_fields, 2);
    assert_int_equal(iceberg_table_schema_by_id(metadata, 0)->num_fields, 1);
    assert_null(iceberg_table_schema_by_id(metadata, 7));
    assert_int_equal(iceberg_table_spec(metadata)->fields[0].transform.kind, ICEBERG_TRANSFORM_BUCKET);
    assert_int_equal(iceberg_table_head(metadata)->snapshot_id, 20);
    assert_true(iceberg_table_is_ancestor(metadata, 10));
    assert_false(iceberg_table_is_ancestor(metadata, 15));
    assert_string_equal(iceberg_table_property(metadata, "a"), "b");
    assert_int_equal(iceberg_table_property_long(metadata, "write.metadata.previous-versions-max", 100), 2);
    assert_int_equal(iceberg_table_property_long(metadata, "a", 7), 7);
    char *folder = iceberg_table_data_location(metadata);
    assert_string_equal(folder, "file:///w/db/t/data");
    free(folder);
    iceberg_table_metadata_unref(metadata);
}

static void a_change_keeps_what_is_not_understood(void **state)
{
    (void)state;
    struct error error;
    struct iceberg_table_metadata *base = must_parse(view(FULL));
    struct iceberg_table_metadata *updated;
    struct iceberg_metadata_update *update = iceberg_metadata_update_create(base);
    struct iceberg_property summary[] = {{"operation", "append"}, {"k", "v"}};
    struct iceberg_snapshot snapshot = {.snapshot_id = 30,
                                        .parent_id = 20,
                                        .sequence_number = 35,
                                        .timestamp_ms = 1602638573600,
                                        .manifest_list = "file:///w/4.avro",
                                        .schema_id = 1,
                                        .summary = summary,
                                        .num_summary = 2};
    iceberg_metadata_update_add_snapshot(update, &snapshot);
    iceberg_metadata_update_set_property(update, "c", "d");
    iceberg_metadata_update_remove_property(update, "a");
    iceberg_metadata_update_log_previous(update, "file:///w/db/t/metadata/v2.metadata.json", 6);
    iceberg_metadata_update_log_previous(update, "file:///w/db/t/metadata/v3.metadata.json", 7);
    assert_int_equal(iceberg_metadata_update_build(update, 0, &updated, &error), STATUS_OK);
    iceberg_metadata_update_free(update);
    assert_int_equal(base->num_snapshots, 3); /* the base stays */
    assert_string_equal(iceberg_table_property(base, "a"), "b");

    struct buffer text = {0};
    assert_int_equal(iceberg_table_metadata_write(updated, false, &text, &error), STATUS_OK);
    assert_non_null(strstr(buffer_text(&text), "\"doc\":\"kept\""));
    assert_non_null(strstr(buffer_text(&text), "\"statistics\":[{\"snapshot-id\":20}]"));
    struct buffer packed = {0};
    assert_int_equal(iceberg_table_metadata_write(updated, true, &packed, &error), STATUS_OK);
    iceberg_table_metadata_unref(updated);
    struct iceberg_table_metadata *read = must_parse(buffer_view(&packed));
    assert_int_equal(iceberg_table_head(read)->snapshot_id, 30);
    assert_int_equal(read->last_sequence_number, 35);
    assert_true(read->last_updated_ms == 1602638573590); /* a clock that went back does not count */
    assert_string_equal(iceberg_snapshot_summary(iceberg_table_head(read), "k"), "v");
    assert_null(iceberg_table_property(read, "a"));
    assert_string_equal(iceberg_table_property(read, "c"), "d");
    assert_int_equal(read->num_metadata_log, 2); /* cut to previous-versions-max */
    assert_non_null(strstr(read->metadata_log[0].file, "v2"));
    assert_int_equal(read->metadata_log[1].timestamp_ms, 7);
    buffer_free(&text);
    buffer_free(&packed);
    iceberg_table_metadata_unref(read);
    iceberg_table_metadata_unref(base);
}

/* FULL with one place changed. */
static char *changed(const char *from, const char *to)
{
    struct buffer text = {0};
    const char *at = strstr(FULL, from);
    assert_non_null(at);
    buffer_append(&text, FULL, (size_t)(at - FULL));
    buffer_append_text(&text, to);
    buffer_append_text(&text, at + strlen(from));
    return buffer_take(&text, NULL);
}

static void damaged_metadata_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message;
        enum status status;
    } cases[] = {
        {"\"format-version\":2", "\"format-version\":3", "format version 3", STATUS_UNSUPPORTED},
        {"\"format-version\":2", "\"format-version\":42", "format version 42", STATUS_UNSUPPORTED},
        {"\"current-schema-id\":1", "\"current-schema-id\":2", "current-schema-id=2", STATUS_CORRUPT},
        {"\"last-partition-id\":1000,", "", "'last-partition-id'", STATUS_CORRUPT},
        {"\"partition-specs\"", "\"partition-spec\"", "'partition-specs'", STATUS_CORRUPT},
        {"\"schemas\"", "\"schema\"", "'schemas'", STATUS_CORRUPT},
        {"\"sort-orders\"", "\"sort-order\"", "'sort-orders'", STATUS_CORRUPT},
        {"\"default-sort-order-id\":0", "\"default-sort-order-id\":3", "sort order", STATUS_CORRUPT},
        {"\"default-spec-id\":0", "\"default-spec-id\":1", "default-spec-id=1", STATUS_CORRUPT},
        {"\"current-snapshot-id\":20", "\"current-snapshot-id\":21", "snapshot 21", STATUS_CORRUPT},
        {"\"type\":\"string\"", "\"type\":\"text\"", "unknown type 'text'", STATUS_CORRUPT},
        {"{\"type\":\"struct\"", "{\"kind\":\"struct\"", "struct", STATUS_CORRUPT},
        {"\"location\"", "\"place\"", "'location'", STATUS_CORRUPT},
        {"\"a\":\"b\"", "\"a\":7", "'a'", STATUS_CORRUPT},
        {"{\"format", "[\"format", "JSON", STATUS_CORRUPT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        struct iceberg_table_metadata *metadata;
        char *text = changed(cases[i].from, cases[i].to);
        assert_int_equal(iceberg_table_metadata_parse(view(text), &metadata, &error), cases[i].status);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("'%s' lacks '%s'", error.message, cases[i].message);
        free(text);
    }
}

static void a_new_table_has_our_defaults_unless_told_otherwise(void **state)
{
    (void)state;
    struct error error;
    struct arena *arena = arena_create(ARENA_BYTES);
    struct iceberg_schema *schema;
    struct iceberg_partition_spec *spec;
    struct iceberg_table_metadata *metadata;
    struct schema *columns = schema_create(1);
    schema_set_field(columns, 0, "d", data_type_of(TYPE_TIMESTAMP));
    assert_int_equal(iceberg_schema_from_sql(columns, NULL, 0, arena, &schema, &error), STATUS_OK);
    const struct iceberg_partition_request request[] = {{"d", {ICEBERG_TRANSFORM_DAY, 0}}};
    assert_int_equal(iceberg_partition_spec_create(schema, request, 1, arena, &spec, &error), STATUS_OK);
    struct iceberg_property properties[] = {{"format-version", "2"},
                                            {"write.metadata.previous-versions-max", "7"}};
    struct iceberg_create_table create = {.location = "file:///w/db/t",
                                          .schema = schema,
                                          .spec = spec,
                                          .properties = properties,
                                          .num_properties = 2};
    assert_int_equal(iceberg_table_metadata_create(&create, 1234, NULL, &metadata, &error), STATUS_OK);
    assert_int_equal(metadata->format_version, 2);
    assert_int_equal(strlen(metadata->table_uuid), 36);
    assert_int_equal(metadata->last_column_id, 1);
    assert_int_equal(metadata->last_partition_id, 1000);
    assert_string_equal(iceberg_table_spec(metadata)->fields[0].name, "d_day");
    assert_null(iceberg_table_head(metadata));
    assert_null(iceberg_table_property(metadata, "format-version"));
    assert_string_equal(iceberg_table_property(metadata, "write.metadata.previous-versions-max"), "7");
    assert_true(
        iceberg_table_property_boolean(metadata, "write.metadata.delete-after-commit.enabled", false));
    iceberg_table_metadata_unref(metadata);
    properties[0].value = "3";
    assert_int_equal(iceberg_table_metadata_create(&create, 1234, NULL, &metadata, &error),
                     STATUS_UNSUPPORTED);
    schema_unref(columns);
    arena_free(arena);
}

static enum status parse_file(const char *path, struct error *error)
{
    struct buffer bytes = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (int c = fgetc(file); c != EOF; c = fgetc(file))
        buffer_append_byte(&bytes, (uint8_t)c);
    fclose(file);
    struct iceberg_table_metadata *metadata = NULL;
    enum status status = iceberg_table_metadata_parse(buffer_view(&bytes), &metadata, error);
    iceberg_table_metadata_unref(metadata);
    buffer_free(&bytes);
    return status;
}

/* Files of the Iceberg project, where they are at hand. */
static void the_projects_own_files_are_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum status status;
    } cases[] = {
        {"TableMetadataV1Valid", STATUS_OK},
        {"TableMetadataV2Valid", STATUS_OK},
        {"TableMetadataV2ValidMinimal", STATUS_OK},
        {"TableMetadataStatisticsFiles", STATUS_OK},
        {"TableMetadataPartitionStatisticsFiles", STATUS_OK},
        {"TableMetadataUnsupportedVersion", STATUS_UNSUPPORTED},
        {"TableMetadataV3ValidMinimal", STATUS_UNSUPPORTED},
        {"TableMetadataV1MissingSchemaType", STATUS_CORRUPT},
        {"TableMetadataV2CurrentSchemaNotFound", STATUS_CORRUPT},
        {"TableMetadataV2MissingLastPartitionId", STATUS_CORRUPT},
        {"TableMetadataV2MissingPartitionSpecs", STATUS_CORRUPT},
        {"TableMetadataV2MissingSchemas", STATUS_CORRUPT},
        {"TableMetadataV2MissingSortOrder", STATUS_CORRUPT},
    };
    FILE *probe = fopen("../shared/data/iceberg/TableMetadataV2Valid.json", "rb");
    if (probe == NULL) {
        print_message("skipped: ../shared/data/iceberg is not there\n");
        skip();
    }
    fclose(probe);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = {.message = ""};
        char path[256];
        snprintf(path, sizeof path, "../shared/data/iceberg/%s.json", cases[i].name);
        enum status status = parse_file(path, &error);
        if (status != cases[i].status)
            fail_msg("%s: %s %s", cases[i].name, status_name(status), error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_of_others_is_read),
        cmocka_unit_test(a_change_keeps_what_is_not_understood),
        cmocka_unit_test(damaged_metadata_is_refused_with_the_reason),
        cmocka_unit_test(a_new_table_has_our_defaults_unless_told_otherwise),
        cmocka_unit_test(the_projects_own_files_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
