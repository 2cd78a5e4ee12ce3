#include "jobmanager/sql/parser_internal.h"

static const char *const merging_words[] = {
    [SQL_INCLUDING] = "INCLUDING", [SQL_EXCLUDING] = "EXCLUDING", [SQL_OVERWRITING] = "OVERWRITING"};

static const char *feature_word(enum sql_like_feature feature)
{
    static const char *const words[] = {
        [SQL_LIKE_CONSTRAINTS] = "CONSTRAINTS", [SQL_LIKE_PARTITIONS] = "PARTITIONS",
        [SQL_LIKE_GENERATED] = "GENERATED",     [SQL_LIKE_METADATA] = "METADATA",
        [SQL_LIKE_OPTIONS] = "OPTIONS",         [SQL_LIKE_WATERMARKS] = "WATERMARKS",
    };
    return words[feature];
}

/* EXCLUDING ALL, OVERWRITING OPTIONS, ... */
static enum status parse_choice(struct parser *parser, struct sql_like *like)
{
    struct sql_span span = parser->token.span;
    unsigned merging = 0;
    while (merging <= SQL_OVERWRITING && !parser_accept(parser, merging_words[merging]))
        merging++;
    if (merging > SQL_OVERWRITING)
        return parser_fail(parser);
    bool all = merging != SQL_OVERWRITING && parser_accept(parser, "ALL");
    bool found = all;
    for (unsigned i = 0; i < SQL_LIKE_FEATURE_COUNT && (all || !found); i++) {
        enum sql_like_feature feature = (enum sql_like_feature)i;
        if (!all && !parser_accept(parser, feature_word(feature)))
            continue;
        found = true;
        bool whole = feature == SQL_LIKE_CONSTRAINTS || feature == SQL_LIKE_PARTITIONS;
        if (whole && merging == SQL_OVERWRITING)
            return parser_fail_at(parser, span, "%s can be included or excluded, but not overwritten,",
                                  feature_word(feature));
        like->merging[feature] = (enum sql_like_merging)merging;
    }
    return found ? STATUS_OK : parser_fail(parser);
}

enum status parse_like_clause(struct parser *parser, const struct sql_like **ret_like)
{
    struct sql_like *like = arena_calloc(parser->arena, 1, sizeof *like);
    like->merging[SQL_LIKE_OPTIONS] = SQL_OVERWRITING;
    PARSE(parse_name(parser, 3, &like->source));
    if (parser_accept(parser, "(")) {
        do {
            PARSE(parse_choice(parser, like));
        } while (!parser_accept(parser, ")"));
    }
    *ret_like = like;
    return STATUS_OK;
}
