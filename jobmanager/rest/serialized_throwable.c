/* Java's clients read the cause of a failure as a serialized object, and fail when it is none: the stream of
 * Java's object serialization, for one org.apache.flink.util.SerializedThrowable. */
#include "jobmanager/rest/rest_internal.h"

#include <string.h>

enum {
    TC_NULL = 0x70,
    TC_REFERENCE = 0x71,
    TC_CLASSDESC = 0x72,
    TC_OBJECT = 0x73,
    TC_STRING = 0x74,
    TC_ARRAY = 0x75,
    TC_ENDBLOCKDATA = 0x78,
    SC_WRITE_METHOD = 1,
    SC_SERIALIZABLE = 2,
    FIRST_HANDLE = 0x7e0000,
    STRING_TYPE = FIRST_HANDLE + 1, /* "Ljava/lang/String;", the second thing in the stream */
    LONGEST_TEXT = 60000,
};

static void put_number(struct buffer *stream, uint64_t value, size_t size)
{
    for (size_t i = size; i-- > 0;)
        buffer_append_byte(stream, (uint8_t)(value >> (8 * i)));
}

/* Java's form of UTF-8 has no sequences of four bytes. */
static void put_text(struct buffer *stream, const char *text)
{
    size_t size = strnlen(text, LONGEST_TEXT);
    put_number(stream, size, 2);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)text[i];
        bool is_of_four = byte >= 0xf0;
        size_t length = is_of_four && i + 4 <= size ? 4 : 1;
        for (size_t k = 0; k < length; k++)
            buffer_append_byte(stream, is_of_four ? '?' : byte);
        i += length - 1;
    }
}

static void put_string(struct buffer *stream, const char *text)
{
    buffer_append_byte(stream, TC_STRING);
    put_text(stream, text);
}

static void begin_class(struct buffer *stream, const char *name, uint64_t version, uint8_t flags,
                        uint16_t num_fields)
{
    buffer_append_byte(stream, TC_CLASSDESC);
    put_text(stream, name);
    put_number(stream, version, 8);
    buffer_append_byte(stream, flags);
    put_number(stream, num_fields, 2);
}

/* type NULL: a string, as the first field was. */
static void put_field(struct buffer *stream, char code, const char *name, const char *type)
{
    buffer_append_byte(stream, (uint8_t)code);
    put_text(stream, name);
    if (type != NULL) {
        put_string(stream, type);
        return;
    }
    buffer_append_byte(stream, TC_REFERENCE);
    put_number(stream, STRING_TYPE, 4);
}

static void put_classes(struct buffer *stream)
{
    begin_class(stream, "org.apache.flink.util.SerializedThrowable", 0x65169df51fa713f3, SC_SERIALIZABLE, 3);
    put_field(stream, 'L', "fullStringifiedStackTrace", "Ljava/lang/String;");
    put_field(stream, 'L', "originalErrorClassName", NULL);
    put_field(stream, '[', "serializedException", "[B");
    buffer_append_byte(stream, TC_ENDBLOCKDATA);
    begin_class(stream, "java.lang.Exception", 0xd0fd1f3e1a3b1cc4, SC_SERIALIZABLE, 0);
    buffer_append_byte(stream, TC_ENDBLOCKDATA);
    begin_class(stream, "java.lang.Throwable", 0xd5c635273977b8cb, SC_SERIALIZABLE | SC_WRITE_METHOD, 4);
    put_field(stream, 'L', "cause", "Ljava/lang/Throwable;");
    put_field(stream, 'L', "detailMessage", NULL);
    put_field(stream, '[', "stackTrace", "[Ljava/lang/StackTraceElement;");
    put_field(stream, 'L', "suppressedExceptions", "Ljava/util/List;");
    buffer_append_byte(stream, TC_ENDBLOCKDATA);
    buffer_append_byte(stream, TC_NULL);
}

static void put_object(struct buffer *stream, const char *class_name, const char *message,
                       const char *stack_trace)
{
    put_number(stream, 0xaced0005, 4);
    buffer_append_byte(stream, TC_OBJECT);
    put_classes(stream);
    /* Of Throwable: no cause, the message, an empty stack, nothing suppressed. */
    buffer_append_byte(stream, TC_NULL);
    put_string(stream, message);
    buffer_append_byte(stream, TC_ARRAY);
    begin_class(stream, "[Ljava.lang.StackTraceElement;", 0x02462a3c3cfd2239, SC_SERIALIZABLE, 0);
    buffer_append_byte(stream, TC_ENDBLOCKDATA);
    buffer_append_byte(stream, TC_NULL);
    put_number(stream, 0, 4);
    buffer_append_byte(stream, TC_NULL);
    buffer_append_byte(stream, TC_ENDBLOCKDATA);
    /* Of SerializedThrowable. */
    put_string(stream, stack_trace);
    put_string(stream, class_name);
    buffer_append_byte(stream, TC_NULL);
}

static void encode_base64(const struct buffer *bytes, struct buffer *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes->size; i += 3) {
        size_t count = bytes->size - i < 3 ? bytes->size - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < count ? bytes->data[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buffer_append_byte(text, k <= count ? (uint8_t)digits[group >> (18 - 6 * k) & 63] : '=');
    }
}

json_t *rest_serialized_throwable(const char *class_name, const char *message, const char *stack_trace)
{
    struct buffer stream = {0}, text = {0};
    put_object(&stream, class_name, message, stack_trace);
    encode_base64(&stream, &text);
    json_t *json = json_string(buffer_text(&text));
    buffer_free(&stream);
    buffer_free(&text);
    return json;
}
