#include "jobmanager/planner/physical/print_internal.h"

static void print_length(const char *name, int64_t us, struct buffer *out)
{
    buffer_printf(out, ", %s=[", name);
    print_duration(us, out);
    buffer_append_byte(out, ']');
}

void print_window(const struct plan_window *window, const char *time, struct buffer *out)
{
    switch (window->kind) {
    case PLAN_WINDOW_TUMBLE:
        buffer_printf(out, "TUMBLE(%s", time);
        print_length("size", window->size_us, out);
        break;
    case PLAN_WINDOW_HOP:
        buffer_printf(out, "HOP(%s", time);
        print_length("size", window->size_us, out);
        print_length("slide", window->slide_us, out);
        break;
    case PLAN_WINDOW_CUMULATE:
        buffer_printf(out, "CUMULATE(%s", time);
        print_length("max_size", window->size_us, out);
        print_length("step", window->slide_us, out);
        break;
    case PLAN_WINDOW_SESSION:
        buffer_printf(out, "SESSION(%s", time);
        print_length("gap", window->size_us, out);
        break;
    }
    if (window->offset_us != 0)
        print_length("offset", window->offset_us, out);
    buffer_append_byte(out, ')');
}
