/* What a job takes over of another one's checkpoint, and what it refuses. */
#include "jobmanager/dispatcher/operator_ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SOURCE_UID "000000000000000000000000000000aa"
#define SINK_UID   "000000000000000000000000000000bb"
#define OTHER_UID  "000000000000000000000000000000cc"

static const struct plan_sink sink = {.kind = PLAN_SINK_BLACKHOLE, .table = "t", .sink_id = 5};
static const struct plan_node sink_node = {
    .kind = PLAN_SINK, .id = 12, .uid = SINK_UID, .name = "t[12]: Writer", .sink = &sink};
static const struct plan_node *const children[] = {&sink_node};
static const struct plan_node source_node = {.kind = PLAN_SOURCE,
                                             .id = 11,
                                             .uid = SOURCE_UID,
                                             .name = "Source: a[11]",
                                             .children = children,
                                             .child_count = 1};
static const struct plan_vertex vertex = {
    .id = "0123456789abcdef0123456789abcdef", .name = "v", .parallelism = 2, .root = &source_node};

struct fixture {
    struct plan_job_graph *graph;
    struct operator_ids ids;
    struct checkpoint_metadata *metadata;
    struct checkpoint_adoption adoption;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->graph = plan_job_graph_create();
    fixture->graph->vertices = &vertex;
    fixture->graph->vertex_count = 1;
    operator_ids_init(&fixture->ids, fixture->graph);
    fixture->metadata = checkpoint_metadata_create();
    fixture->metadata->name_space = "default";
    fixture->metadata->job_id = "0000000000000000000000000000000a";
    fixture->metadata->lineage = "lineage";
    fixture->metadata->checkpoint_id = 7;
    fixture->metadata->max_parallelism = 128;
    fixture->adoption = (struct checkpoint_adoption){
        .ids = &fixture->ids, .folder = "/checkpoints/old", .max_parallelism = 128, .parallelism = 2};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    checkpoint_metadata_unref(fixture->metadata);
    operator_ids_free(&fixture->ids);
    plan_job_graph_free(fixture->graph);
    free(fixture);
    return 0;
}

static void add_state(struct fixture *fixture, const char *uid, const char *name, uint32_t node_id)
{
    struct checkpoint_operator_state state = {.owner = {uid, name, node_id},
                                              .state = {(const uint8_t *)"s", 1}};
    checkpoint_metadata_add_state(fixture->metadata, &state);
}

static void add_files(struct fixture *fixture, const char *uid, const char *name, uint32_t sink_id)
{
    struct checkpoint_committable committable = {
        .owner = {uid, name, 4}, .sink_id = sink_id, .content = {(const uint8_t *)"f", 1}};
    checkpoint_metadata_add_committable(fixture->metadata, &committable);
}

static void add_keyed(struct fixture *fixture, const char *uid)
{
    struct keyed_state_file file = {"shared/a.sst", "000001.sst", 10, 1, true};
    struct keyed_state_handle handle = {
        .end_key_group = 128, .max_parallelism = 128, .backend = "rocksdb", .files = &file, .num_files = 1};
    struct checkpoint_keyed_state state = {.owner = {uid, "GroupAggregate[3]", 3}, .handle = &handle};
    checkpoint_metadata_add_keyed_state(fixture->metadata, &state);
}

static struct checkpoint_metadata *adopt(struct fixture *fixture)
{
    struct error error;
    struct checkpoint_metadata *adopted = NULL;
    if (checkpoint_adopt(fixture->metadata, &fixture->adoption, &adopted, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return adopted;
}

static void expect_refused(struct fixture *fixture, const char *word)
{
    struct error error;
    struct checkpoint_metadata *adopted = NULL;
    assert_int_equal(checkpoint_adopt(fixture->metadata, &fixture->adoption, &adopted, &error),
                     STATUS_INVALID_ARGUMENT);
    if (strstr(error.message, word) == NULL)
        fail_msg("'%s' is not in: %s", word, error.message);
    assert_null(adopted);
}

static void state_finds_its_operator_under_another_number(void **state)
{
    struct fixture *fixture = *state;
    add_state(fixture, SOURCE_UID, "Source: a[1]", 1);
    add_files(fixture, SINK_UID, "t[4]: Writer", 0);
    add_keyed(fixture, SOURCE_UID);
    struct checkpoint_metadata *adopted = adopt(fixture);
    assert_int_equal(adopted->checkpoint_id, 7);
    assert_string_equal(adopted->lineage, "lineage");
    assert_int_equal(adopted->states[0].owner.node_id, 11);
    assert_int_equal(adopted->committables[0].sink_id, 5);
    assert_int_equal(adopted->keyed_states[0].owner.node_id, 11);
    assert_string_equal(adopted->keyed_states[0].handle->files[0].path, "/checkpoints/old/shared/a.sst");
    assert_false(adopted->keyed_states[0].handle->files[0].is_shared);
    checkpoint_metadata_unref(adopted);
}

static void a_file_of_version_1_goes_by_numbers(void **state)
{
    struct fixture *fixture = *state;
    add_state(fixture, "", "", 11);
    add_files(fixture, "", "", 5);
    struct checkpoint_metadata *adopted = adopt(fixture);
    assert_string_equal(adopted->states[0].owner.uid, SOURCE_UID);
    assert_int_equal(adopted->committables[0].sink_id, 5);
    checkpoint_metadata_unref(adopted);
    add_state(fixture, "", "", 3);
    expect_refused(fixture, "operator [3]");
}

static void state_that_nobody_claims_is_refused_unless_it_shall_be_dropped(void **state)
{
    struct fixture *fixture = *state;
    add_state(fixture, SOURCE_UID, "Source: a[1]", 1);
    add_keyed(fixture, OTHER_UID);
    expect_refused(fixture, "GroupAggregate[3]");
    expect_refused(fixture, "execution.state-recovery.ignore-unclaimed-state");
    fixture->adoption.ignores_unclaimed_state = true;
    struct checkpoint_metadata *adopted = adopt(fixture);
    assert_int_equal(adopted->num_states, 1);
    assert_int_equal(adopted->num_keyed_states, 0);
    checkpoint_metadata_unref(adopted);
}

static void files_for_a_sink_that_is_not_here_are_never_dropped(void **state)
{
    struct fixture *fixture = *state;
    add_files(fixture, OTHER_UID, "u[9]: Writer", 1);
    fixture->adoption.ignores_unclaimed_state = true;
    expect_refused(fixture, "u[9]: Writer");
    /* A savepoint is written once they are in the table. */
    fixture->metadata->is_savepoint = true;
    struct checkpoint_metadata *adopted = adopt(fixture);
    assert_int_equal(adopted->num_committables, 0);
    checkpoint_metadata_unref(adopted);
    fixture->adoption.ignores_unclaimed_state = false;
    expect_refused(fixture, "u[9]: Writer");
}

static void key_groups_must_be_the_same_and_suffice(void **state)
{
    struct fixture *fixture = *state;
    fixture->adoption.max_parallelism = 256;
    expect_refused(fixture, "'pipeline.max-parallelism' = '128'");
    fixture->adoption.max_parallelism = 128;
    fixture->adoption.parallelism = 129;
    expect_refused(fixture, "parallelism of 128");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(state_finds_its_operator_under_another_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_version_1_goes_by_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(state_that_nobody_claims_is_refused_unless_it_shall_be_dropped,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_for_a_sink_that_is_not_here_are_never_dropped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(key_groups_must_be_the_same_and_suffice, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
