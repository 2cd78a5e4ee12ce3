#include "taskmanager/state/operator_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct buffer encoded(const char *name, enum list_state_mode mode, const char *const *items,
                             size_t count)
{
    struct operator_state state = {0};
    struct list_state *list = operator_state_add_list(&state, name, mode, 7);
    for (size_t i = 0; i < count; i++)
        list_state_append(list, items[i], strlen(items[i]));
    struct buffer bytes = {0};
    operator_state_encode(&state, &bytes);
    operator_state_free(&state);
    return bytes;
}

static void assert_items(const struct operator_state *state, const char *name, const char *expected)
{
    const struct list_state *list = operator_state_find(state, name);
    assert_non_null(list);
    struct buffer text = {0};
    for (size_t i = 0; i < list->num_items; i++) {
        buffer_append(&text, list->items[i].data, list->items[i].size);
        buffer_append_byte(&text, ' ');
    }
    assert_string_equal(buffer_text(&text), expected);
    buffer_free(&text);
}

static void what_was_encoded_comes_back(void **context)
{
    (void)context;
    static const char *const items[] = {"a", "", "ccc"};
    struct buffer bytes = encoded("offsets", LIST_STATE_UNION, items, 3);
    struct operator_state state = {0};
    struct error error;
    assert_int_equal(operator_state_decode(buffer_view(&bytes), &state, &error), STATUS_OK);
    assert_int_equal(state.num_lists, 1);
    assert_int_equal(state.lists[0].mode, LIST_STATE_UNION);
    assert_int_equal(state.lists[0].version, 7);
    assert_items(&state, "offsets", "a  ccc ");
    assert_null(operator_state_find(&state, "other"));
    operator_state_free(&state);
    buffer_free(&bytes);
}

static void every_cut_and_every_extra_byte_is_refused(void **context)
{
    (void)context;
    static const char *const items[] = {"one", "two"};
    struct buffer bytes = encoded("list", LIST_STATE_SPLIT, items, 2);
    struct error error;
    struct operator_state state = {0};
    for (size_t size = 0; size < bytes.size; size++) {
        struct bytes_view cut = {bytes.data, size};
        assert_int_equal(operator_state_decode(cut, &state, &error), STATUS_CORRUPT);
    }
    buffer_append_byte(&bytes, 0);
    assert_int_equal(operator_state_decode(buffer_view(&bytes), &state, &error), STATUS_CORRUPT);
    assert_null(state.lists);
    buffer_free(&bytes);
}

static void an_unknown_format_is_refused_not_misread(void **context)
{
    (void)context;
    struct buffer bytes = {0};
    buffer_append_le32(&bytes, 2);
    buffer_append_le32(&bytes, 0);
    struct operator_state state = {0};
    struct error error;
    assert_int_equal(operator_state_decode(buffer_view(&bytes), &state, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "format 2"));
    buffer_free(&bytes);
}

static void split_items_are_dealt_out_once(void **context)
{
    (void)context;
    static const char *const first[] = {"a", "b", "c"};
    static const char *const second[] = {"d", "e"};
    struct buffer bytes[2] = {encoded("l", LIST_STATE_SPLIT, first, 3),
                              encoded("l", LIST_STATE_SPLIT, second, 2)};
    struct bytes_view states[2] = {buffer_view(&bytes[0]), buffer_view(&bytes[1])};
    static const char *const expected[3] = {"a d ", "b e ", "c "};
    struct error error;
    for (uint32_t subtask = 0; subtask < 3; subtask++) {
        struct operator_state state = {0};
        assert_int_equal(operator_state_redistribute(states, 2, subtask, 3, &state, &error), STATUS_OK);
        assert_items(&state, "l", expected[subtask]);
        operator_state_free(&state);
    }
    buffer_free(&bytes[0]);
    buffer_free(&bytes[1]);
}

static void union_gives_all_and_broadcast_one_copy_to_each(void **context)
{
    (void)context;
    static const char *const first[] = {"a"};
    static const char *const second[] = {"b"};
    struct error error;
    for (int mode = LIST_STATE_UNION; mode <= LIST_STATE_BROADCAST; mode++) {
        struct buffer bytes[3] = {encoded("l", (enum list_state_mode)mode, NULL, 0),
                                  encoded("l", (enum list_state_mode)mode, first, 1),
                                  encoded("l", (enum list_state_mode)mode, second, 1)};
        struct bytes_view states[3];
        for (int i = 0; i < 3; i++)
            states[i] = buffer_view(&bytes[i]);
        struct operator_state state = {0};
        assert_int_equal(operator_state_redistribute(states, 3, 1, 2, &state, &error), STATUS_OK);
        assert_items(&state, "l", mode == LIST_STATE_UNION ? "a b " : "a ");
        operator_state_free(&state);
        for (int i = 0; i < 3; i++)
            buffer_free(&bytes[i]);
    }
}

static void subtasks_that_contradict_each_other_are_refused(void **context)
{
    (void)context;
    struct buffer bytes[2] = {encoded("l", LIST_STATE_SPLIT, NULL, 0),
                              encoded("l", LIST_STATE_UNION, NULL, 0)};
    struct bytes_view states[2] = {buffer_view(&bytes[0]), buffer_view(&bytes[1])};
    struct operator_state state = {0};
    struct error error;
    assert_int_equal(operator_state_redistribute(states, 2, 0, 1, &state, &error), STATUS_CORRUPT);
    buffer_free(&bytes[0]);
    buffer_free(&bytes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_comes_back),
        cmocka_unit_test(every_cut_and_every_extra_byte_is_refused),
        cmocka_unit_test(an_unknown_format_is_refused_not_misread),
        cmocka_unit_test(split_items_are_dealt_out_once),
        cmocka_unit_test(union_gives_all_and_broadcast_one_copy_to_each),
        cmocka_unit_test(subtasks_that_contradict_each_other_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
