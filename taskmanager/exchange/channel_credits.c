#include "taskmanager/exchange/channel_credits.h"

#include "common/base/check.h"
#include "common/base/mutant.h"

bool channel_producer_may_send(const struct channel_producer *producer)
{
    return GUARD(MUTANT_SEND_WITHOUT_CREDIT, producer->sent < producer->limit);
}

uint64_t channel_producer_send(struct channel_producer *producer)
{
    CHECK(channel_producer_may_send(producer));
    return ++producer->sent;
}

bool channel_producer_grant(struct channel_producer *producer, uint64_t limit)
{
    bool had_none = producer->sent >= producer->limit;
    if (limit > producer->limit)
        producer->limit = limit;
    return had_none && producer->sent < producer->limit;
}

bool channel_producer_announces(const struct channel_producer *producer)
{
    return producer->limit < producer->sent + producer->window;
}

enum channel_verdict channel_consumer_take(struct channel_consumer *consumer, uint64_t number)
{
    if (number <= consumer->received)
        return CHANNEL_DOUBLED;
    if (!GUARD(MUTANT_UNNOTICED_GAP, number == consumer->received + 1))
        return CHANNEL_GAP;
    if (number > consumer->consumed + consumer->window)
        return CHANNEL_EXCEEDED;
    consumer->received = number;
    return CHANNEL_TAKEN;
}

bool channel_consumer_consume(struct channel_consumer *consumer)
{
    CHECK(consumer->consumed < consumer->received);
    consumer->consumed++;
    /* Half of the window at a time: the producer still has the other half. */
    return consumer->consumed + consumer->window - consumer->granted >=
           consumer->window - consumer->window / 2;
}

uint64_t channel_consumer_grant(struct channel_consumer *consumer)
{
    consumer->granted = consumer->consumed + consumer->window;
    return consumer->granted;
}

enum channel_verdict channel_consumer_hear(const struct channel_consumer *consumer, uint64_t sent)
{
    return GUARD(MUTANT_UNNOTICED_LOSS, sent <= consumer->received) ? CHANNEL_TAKEN : CHANNEL_GAP;
}
