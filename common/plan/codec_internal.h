#pragma once

#include "common/plan/plan_codec.h"
#include "proto/job_graph.pb-c.h"

/* Generated names are long: MESSAGE(Calc) is the struct of the message Calc. */
#define MESSAGE(name) Frazil__JobGraph__##name

/* Encoding: messages are built in a scratch arena and point into the plan. */
MESSAGE(DataType) * encode_type(struct arena *arena, struct data_type type);
MESSAGE(Schema) * encode_schema(struct arena *arena, const struct schema *schema);
MESSAGE(Property) * *encode_properties(struct arena *arena, const struct connector_properties *properties);
MESSAGE(Expression) * encode_expression(struct arena *arena, const struct expression *expression);
MESSAGE(ExpressionNode) * encode_expression_node(struct arena *arena, const struct expression *expression);
MESSAGE(Source) *
    encode_source(struct arena *arena, const struct plan_source *source, const struct schema *schema);
MESSAGE(Calc) * encode_calc(struct arena *arena, const struct plan_calc *calc);
MESSAGE(Sink) * encode_sink(struct arena *arena, const struct plan_sink *sink, const struct schema *schema);

/* Decoding: what is made lives in the graph. Each returns STATUS_CORRUPT for what cannot be. */
struct decoder {
    struct plan_job_graph *graph;
    struct error *error;
};

STATUS_MUST_CHECK enum status decode_corrupt(const struct decoder *decoder, const char *what);
STATUS_MUST_CHECK enum status decode_type(const struct decoder *decoder, const MESSAGE(DataType) * message,
                                          struct data_type *ret_type);
STATUS_MUST_CHECK enum status decode_schema(const struct decoder *decoder, const MESSAGE(Schema) * message,
                                            const struct schema **ret_schema);
struct connector_properties decode_properties(const struct decoder *decoder, MESSAGE(Property) * *items,
                                              size_t count);
/* Columns are checked against input. */
STATUS_MUST_CHECK enum status decode_expression(const struct decoder *decoder,
                                                const MESSAGE(Expression) * message,
                                                const struct schema *input,
                                                const struct expression **ret_expression);
STATUS_MUST_CHECK enum status decode_literal(const struct decoder *decoder,
                                             const MESSAGE(ExpressionNode) * message,
                                             const struct expression **ret_expression);
STATUS_MUST_CHECK enum status decode_source(const struct decoder *decoder, const MESSAGE(Source) * message,
                                            const struct schema *schema,
                                            const struct plan_source **ret_source);
STATUS_MUST_CHECK enum status decode_calc(const struct decoder *decoder, const MESSAGE(Calc) * message,
                                          const struct schema *input, const struct schema *schema,
                                          const struct plan_calc **ret_calc);
STATUS_MUST_CHECK enum status decode_sink(const struct decoder *decoder, const MESSAGE(Sink) * message,
                                          const struct schema *schema, const struct plan_sink **ret_sink);
