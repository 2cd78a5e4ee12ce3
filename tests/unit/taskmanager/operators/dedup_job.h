#pragma once

/* A deduplication as a job runs it. */

#include "keyed_job.h"
#include "taskmanager/operators/deduplicate.h"

/* Input k STRING, ts TIMESTAMP(3), v BIGINT, of which k is the key. */
struct dedup_job {
    struct keyed_job job;
    struct random random;
    struct plan_deduplicate plan;
    bool uses_rocksdb;
};

static inline struct operator*
    create(const void *plan, const struct schema *input, const struct schema *output)
{
    return deduplicate_create(plan, input, output);
}

static inline void start(struct dedup_job *d, bool is_event_time, bool keeps_last, bool emits_update_before,
                         uint32_t parallelism)
{
    static const uint32_t key_column = 0;
    int64_t ttl_ms = d->plan.state_ttl_ms;
    bool waits_for_watermark = d->plan.waits_for_watermark;
    uint32_t full_percent = d->job.full_percent;
    enum state_backend_kind backend = d->uses_rocksdb ? STATE_BACKEND_ROCKSDB : STATE_BACKEND_HASHMAP;
    random_init(&d->random, 11);
    keyed_job_init(&d->job, &d->random);
    d->job.full_percent = full_percent;
    d->job.backend = backend;
    d->job.input = schema_create(3);
    schema_set_field(d->job.input, 0, "k", data_type_of(TYPE_STRING));
    schema_set_field(d->job.input, 1, "ts", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(d->job.input, 2, "v", data_type_of(TYPE_BIGINT));
    d->job.output = schema_ref(d->job.input);
    d->plan = (struct plan_deduplicate){.keys = &key_column,
                                        .key_count = 1,
                                        .time_column = 1,
                                        .is_event_time = is_event_time,
                                        .keeps_last = keeps_last,
                                        .waits_for_watermark = waits_for_watermark,
                                        .emits_update_before = emits_update_before,
                                        .state_ttl_ms = ttl_ms};
    d->job.second_plan = &d->plan;
    d->job.create_second = create;
    d->job.key_count = 1;
    keyed_job_start(&d->job, parallelism);
}

struct row {
    const char *k;
    int64_t second;
    int64_t v;
};

static inline struct record_batch *batch_of(struct dedup_job *d, const struct row *rows, uint32_t count)
{
    struct record_batch *batch = record_batch_create(d->job.input, count);
    const char **texts = mem_alloc(count * sizeof *texts);
    int64_t *numbers = mem_alloc(count * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++)
        texts[i] = rows[i].k;
    set_text_column(batch, 0, texts);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].second == TEST_NULL ? TEST_NULL : rows[i].second * 1000000;
    set_number_column(batch, 1, numbers);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].v;
    set_number_column(batch, 2, numbers);
    free(texts);
    free(numbers);
    return batch;
}

static inline void add(struct dedup_job *d, const char *k, int64_t second, int64_t v)
{
    keyed_job_batch(&d->job, batch_of(d, &(struct row){k, second, v}, 1));
}

#define AT(second) "1970-01-01 00:00:0" #second ".000"
