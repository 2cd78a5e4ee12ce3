#pragma once

#include "common/columnar/vector.h"

/*
 * The contract between a source and the format of its records. A decoder turns an array of raw messages into
 * the columns of the schema it was created for, in one pass. What to do with a message that does not parse is
 * the source's to decide: decoders only report it. A decoder belongs to one thread.
 */
struct format_message {
    const char *data;
    size_t size;
};

enum { FORMAT_REASON_BYTES = 200 };

/* A message that did not become a row. */
struct format_failure {
    uint32_t message; /* its index in the array */
    size_t offset;    /* the byte at which reading stopped */
    char reason[FORMAT_REASON_BYTES];
};

/* Failures of one call, in the order of the messages. A zeroed struct is empty; it may be used again. */
struct format_failures {
    struct format_failure *items;
    size_t count;
    size_t capacity;
};

struct format_decoder {
    const struct format_decoder_ops *ops;
};

struct format_decoder_ops {
    /*
     * columns: one flat vector of length 0 for each field of the decoder's schema, with room for count rows.
     * The messages that parse become rows 0, 1, 2, ... of the columns, in order; their number is returned,
     * and each column has that length. failures is emptied first; rows and failures together are count. Texts
     * are copied: messages may go after the call.
     */
    uint32_t (*decode)(struct format_decoder *decoder, const struct format_message *messages, uint32_t count,
                       struct vector *const *columns, struct format_failures *failures);
    void (*free)(struct format_decoder *decoder);
};

static inline uint32_t format_decode(struct format_decoder *decoder, const struct format_message *messages,
                                     uint32_t count, struct vector *const *columns,
                                     struct format_failures *failures)
{
    return decoder->ops->decode(decoder, messages, count, columns, failures);
}

void format_decoder_free(struct format_decoder *decoder);

/* For decoders: one more failure, its reason still empty. */
struct format_failure *format_failures_add(struct format_failures *failures, uint32_t message, size_t offset);
void format_failures_free(struct format_failures *failures); /* the content; the struct is empty after */
