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
MESSAGE(WindowTableFunction) *
    encode_window_table_function(struct arena *arena, const struct plan_window_table_function *function);
MESSAGE(WindowAggregate) *
    encode_window_aggregate(struct arena *arena, const struct plan_window_aggregate *aggregate);
MESSAGE(GroupAggregate) *
    encode_group_aggregate(struct arena *arena, const struct plan_group_aggregate *aggregate);
MESSAGE(Deduplicate) * encode_deduplicate(struct arena *arena, const struct plan_deduplicate *deduplicate);
MESSAGE(TopN) * encode_top_n(struct arena *arena, const struct plan_top_n *top_n);
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

/* Of the operators below, input is the schema of the rows that the node takes and schema of those it gives;
 * both are checked against what the node says of them. */
STATUS_MUST_CHECK enum status decode_window_table_function(
    const struct decoder *decoder, const MESSAGE(WindowTableFunction) * message, const struct schema *input,
    const struct schema *schema, const struct plan_window_table_function **ret_function);
STATUS_MUST_CHECK enum status decode_window_aggregate(const struct decoder *decoder,
                                                      const MESSAGE(WindowAggregate) * message,
                                                      const struct schema *input, const struct schema *schema,
                                                      const struct plan_window_aggregate **ret_aggregate);
STATUS_MUST_CHECK enum status decode_group_aggregate(const struct decoder *decoder,
                                                     const MESSAGE(GroupAggregate) * message,
                                                     const struct schema *input, const struct schema *schema,
                                                     const struct plan_group_aggregate **ret_aggregate);
STATUS_MUST_CHECK enum status decode_deduplicate(const struct decoder *decoder,
                                                 const MESSAGE(Deduplicate) * message,
                                                 const struct schema *input, const struct schema *schema,
                                                 const struct plan_deduplicate **ret_deduplicate);
STATUS_MUST_CHECK enum status decode_top_n(const struct decoder *decoder, const MESSAGE(TopN) * message,
                                           const struct schema *input, const struct schema *schema,
                                           const struct plan_top_n **ret_top_n);
/* The columns, each below input's number of fields. */
STATUS_MUST_CHECK enum status decode_columns(const struct decoder *decoder, const uint32_t *columns,
                                             size_t count, const struct schema *input, const char *what,
                                             const uint32_t **ret_columns);
/* Columns of the same kinds in the same order. */
bool decode_same_kinds(const struct schema *a, const struct schema *b);
/* Into the graph, before its vertices. */
STATUS_MUST_CHECK enum status decode_edges(const struct decoder *decoder, const MESSAGE(JobGraph) * message);
/* The schema of the edges into input 0 of a vertex; NULL when there are none. */
STATUS_MUST_CHECK enum status decode_edge_schema(const struct decoder *decoder, uint32_t vertex,
                                                 const struct schema **ret_schema);
/* Once the vertices are there. */
STATUS_MUST_CHECK enum status decode_check_edge(const struct decoder *decoder, const struct plan_edge *edge);
/* edge_schema: of the rows that edges bring; NULL when there are none. */
STATUS_MUST_CHECK enum status decode_vertex(const struct decoder *decoder, const MESSAGE(Vertex) * message,
                                            const struct schema *edge_schema, struct plan_vertex *vertex);
/* input NULL: the columns are of another operator's input. */
STATUS_MUST_CHECK enum status decode_calls(const struct decoder *decoder, MESSAGE(AggregateCall) * *messages,
                                           size_t count, const struct schema *input,
                                           const struct plan_aggregate_call **ret_calls);
