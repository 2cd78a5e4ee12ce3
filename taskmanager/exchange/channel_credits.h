#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The two ends of a channel between processes, as state machines without I/O, clock or thread. Elements are
 * numbered from 1. The consumer says up to which number the producer may send: an absolute number, so that it
 * may be lost, doubled or late. The producer announces now and then how far it has sent, and is told its
 * credits in return, until by these all that it sent was consumed: so credits that got lost come again, and
 * an element that got lost is missed even when none follows it.
 */

struct channel_producer {
    uint32_t window; /* of the consumer */
    uint64_t sent;   /* the last number given to an element */
    uint64_t limit;  /* the last that may be given; 0: no credits were heard of yet */
};

bool channel_producer_may_send(const struct channel_producer *producer);
/* The number of the next element. */
uint64_t channel_producer_send(struct channel_producer *producer);
/* True when the producer had no credit and has some now. */
bool channel_producer_grant(struct channel_producer *producer, uint64_t limit);
/* Asked now and then: whether what it has sent is to be announced. */
bool channel_producer_announces(const struct channel_producer *producer);

enum channel_verdict {
    CHANNEL_TAKEN,
    CHANNEL_DOUBLED,  /* came before: to be dropped */
    CHANNEL_GAP,      /* an element before this one is lost: the channel has failed */
    CHANNEL_EXCEEDED, /* sent without credit: the channel has failed */
};

struct channel_consumer {
    uint32_t window;   /* elements that may wait here */
    uint64_t received; /* the last number that came */
    uint64_t consumed;
    uint64_t granted; /* what the producer was told last */
};

enum channel_verdict channel_consumer_take(struct channel_consumer *consumer, uint64_t number);
/* An element that was taken is dealt with. True when it is time to tell the producer. */
bool channel_consumer_consume(struct channel_consumer *consumer);
/* What to tell the producer. */
uint64_t channel_consumer_grant(struct channel_consumer *consumer);
/* The producer announced that it has sent so many: TAKEN, and is told its credits, or GAP. */
enum channel_verdict channel_consumer_hear(const struct channel_consumer *consumer, uint64_t sent);
