#include "common/base/check.h"
#include "common/checkpoint_format/keyed_state_handle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was taken once is written and taken again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(4096);
    struct error error = {0};
    struct keyed_state_handle *handle = NULL;
    if (keyed_state_handle_decode((struct bytes_view){data, size}, arena, &handle, &error) == STATUS_OK) {
        struct buffer bytes = {0};
        keyed_state_handle_encode(handle, &bytes);
        struct keyed_state_handle *again = NULL;
        CHECK(keyed_state_handle_decode(buffer_view(&bytes), arena, &again, &error) == STATUS_OK);
        CHECK(again->num_files == handle->num_files && again->num_states == handle->num_states);
        buffer_free(&bytes);
    }
    arena_free(arena);
    return 0;
}
