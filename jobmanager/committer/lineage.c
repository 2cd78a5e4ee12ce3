#include "jobmanager/committer/lineage_internal.h"

#include "common/base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 64 * 1024 };
/* Markers of other lineages that a table keeps; beyond that the longest unused go. */
enum { MAX_OTHER_MARKERS = 32 };

/* The newest of our snapshots as the property tells it. */
struct marker {
    struct lineage_state state;
    int64_t snapshot_id;
    int64_t sequence_number;
    int64_t time_ms;
};

static char *marker_key(const char *lineage, const char *branch)
{
    struct buffer key = {0};
    buffer_printf(&key, MARKER_PREFIX "%s.%s", lineage, branch);
    return buffer_take(&key, NULL);
}

/*
 * The value is flat JSON that we alone write: {"checkpoint-id":7,"job-id":"...","epoch":3,"snapshot-id":...,
 * "sequence-number":...,"commit-snapshot-id":...,"commit-sequence-number":...,"timestamp-ms":...}.
 */
static const char MARKER_FORMAT[] =
    "{\"checkpoint-id\":%" PRId64 ",\"job-id\":\"%s\",\"epoch\":%" PRIu64 ",\"snapshot-id\":%" PRId64
    ",\"sequence-number\":%" PRId64 ",\"commit-snapshot-id\":%" PRId64 ",\"commit-sequence-number\":%" PRId64
    ",\"timestamp-ms\":%" PRId64 "}";

static bool parse_marker(const char *text, struct marker *ret_marker)
{
    struct marker marker = {.state.is_known = true};
    int used = 0;
    int count =
        sscanf(text,
               "{\"checkpoint-id\":%" SCNd64 ",\"job-id\":\"%63[^\"]\",\"epoch\":%" SCNu64
               ",\"snapshot-id\":%" SCNd64 ",\"sequence-number\":%" SCNd64 ",\"commit-snapshot-id\":%" SCNd64
               ",\"commit-sequence-number\":%" SCNd64 ",\"timestamp-ms\":%" SCNd64 "}%n",
               &marker.state.last_checkpoint_id, marker.state.job_id, &marker.state.epoch,
               &marker.snapshot_id, &marker.sequence_number, &marker.state.commit_snapshot_id,
               &marker.state.commit_sequence_number, &marker.time_ms, &used);
    if (count != 8 || used == 0 || text[used] != '\0')
        return false;
    *ret_marker = marker;
    return true;
}

static bool is_own(const struct iceberg_snapshot *snapshot, const char *lineage, const char *branch)
{
    const char *l = iceberg_snapshot_summary(snapshot, LINEAGE_KEY);
    const char *b = iceberg_snapshot_summary(snapshot, BRANCH_KEY);
    return l != NULL && b != NULL && strcmp(l, lineage) == 0 && strcmp(b, branch) == 0;
}

/* A number in a summary; fallback when absent. */
static int64_t summary_long(const struct iceberg_snapshot *snapshot, const char *key, int64_t fallback)
{
    const char *text = iceberg_snapshot_summary(snapshot, key);
    return text != NULL ? strtoll(text, NULL, 10) : fallback;
}

/*
 * Looks at the snapshots that are still listed, from the head back: the newest of ours says who holds the
 * lineage, the newest commit which checkpoint is the last. Where expiry took the commits, a claim tells what
 * it found. Returns the newest of ours, NULL when there is none.
 */
static const struct iceberg_snapshot *read_ancestors(const struct iceberg_table_metadata *metadata,
                                                     const char *lineage, const char *branch,
                                                     struct lineage_state *state)
{
    const struct iceberg_snapshot *newest = NULL;
    const struct iceberg_snapshot *at = iceberg_table_head(metadata);
    state->last_checkpoint_id = NO_CHECKPOINT;
    state->commit_snapshot_id = ICEBERG_NO_SNAPSHOT;
    for (uint32_t i = 0; at != NULL && i <= metadata->num_snapshots;
         i++, at = iceberg_table_parent(metadata, at)) {
        if (!is_own(at, lineage, branch))
            continue;
        if (newest == NULL) {
            const char *job = iceberg_snapshot_summary(at, JOB_KEY);
            newest = at;
            state->is_known = true;
            snprintf(state->job_id, sizeof state->job_id, "%s", job != NULL ? job : "");
            state->epoch = (uint64_t)summary_long(at, EPOCH_KEY, 0);
        }
        int64_t committed = summary_long(at, CHECKPOINT_KEY, NO_CHECKPOINT);
        if (committed != NO_CHECKPOINT) {
            state->last_checkpoint_id = committed;
            state->commit_snapshot_id = at->snapshot_id;
            state->commit_sequence_number = at->sequence_number;
            break;
        }
        if (state->last_checkpoint_id == NO_CHECKPOINT)
            state->last_checkpoint_id = summary_long(at, LAST_CHECKPOINT_KEY, NO_CHECKPOINT);
        if (state->last_checkpoint_id == NO_CHECKPOINT)
            break; /* a claim that found nothing: nothing is beneath it */
    }
    return newest;
}

/* The oldest snapshot that can be reached from the head. */
static const struct iceberg_snapshot *oldest_ancestor(const struct iceberg_table_metadata *metadata)
{
    const struct iceberg_snapshot *at = iceberg_table_head(metadata);
    for (uint32_t i = 0; at != NULL && i <= metadata->num_snapshots; i++) {
        const struct iceberg_snapshot *parent = iceberg_table_parent(metadata, at);
        if (parent == NULL)
            return at;
        at = parent;
    }
    return at;
}

static enum status manifest_has_snapshot(struct file_io *io, const struct iceberg_table_metadata *metadata,
                                         const struct iceberg_manifest_file *manifest, int64_t snapshot_id,
                                         bool *ret_found, struct error *error)
{
    const struct iceberg_partition_spec *spec = iceberg_table_spec_by_id(metadata, manifest->spec_id);
    if (spec == NULL)
        return STATUS_OK;
    struct arena *arena = arena_create(ARENA_BYTES);
    struct buffer bytes = {0};
    struct iceberg_manifest_entry *entries = NULL;
    uint32_t count = 0;
    enum status status = file_io_read(io, manifest->path, &bytes, error);
    if (status == STATUS_OK)
        status = iceberg_manifest_read(buffer_view(&bytes), manifest, iceberg_table_schema(metadata), spec,
                                       arena, &entries, &count, error);
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++)
        if (entries[i].snapshot_id == snapshot_id && entries[i].status != ICEBERG_ENTRY_DELETED)
            *ret_found = true;
    buffer_free(&bytes);
    arena_free(arena);
    return status;
}

/* Files that the snapshot added and that the head still has prove that the head descends from it. */
static enum status head_has_files_of(struct file_io *io, const struct iceberg_table_metadata *metadata,
                                     int64_t snapshot_id, int64_t sequence_number, bool *ret_found,
                                     struct error *error)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    struct buffer bytes = {0};
    struct iceberg_manifest_file *manifests = NULL;
    uint32_t count = 0;
    enum status status = file_io_read(io, iceberg_table_head(metadata)->manifest_list, &bytes, error);
    if (status == STATUS_OK)
        status = iceberg_manifest_list_read(buffer_view(&bytes), arena, &manifests, &count, error);
    for (uint32_t i = 0; status == STATUS_OK && !*ret_found && i < count; i++)
        if (manifests[i].content == 0 && manifests[i].min_sequence_number <= sequence_number &&
            manifests[i].sequence_number >= sequence_number)
            status = manifest_has_snapshot(io, metadata, &manifests[i], snapshot_id, ret_found, error);
    buffer_free(&bytes);
    arena_free(arena);
    return status;
}

enum status lineage_is_in_history(struct file_io *io, const struct iceberg_table_metadata *metadata,
                                  int64_t snapshot_id, int64_t sequence_number, bool *ret_is_in_history,
                                  struct error *error)
{
    bool found = iceberg_table_is_ancestor(metadata, snapshot_id);
    const struct iceberg_snapshot *oldest = oldest_ancestor(metadata);
    /* One that is listed and no ancestor was rolled back; so was one beneath a history that is complete. */
    if (!found && iceberg_table_snapshot(metadata, snapshot_id) == NULL && oldest != NULL &&
        oldest->parent_id != ICEBERG_NO_SNAPSHOT && oldest->sequence_number > sequence_number) {
        found = oldest->parent_id == snapshot_id;
        if (!found && oldest->manifest_list != NULL) {
            enum status status = head_has_files_of(io, metadata, snapshot_id, sequence_number, &found, error);
            if (status != STATUS_OK)
                return status;
        }
    }
    *ret_is_in_history = found;
    return STATUS_OK;
}

static enum status ambiguous(const struct iceberg_table_metadata *metadata, const struct marker *marker,
                             struct error *error)
{
    error_set(
        error, STATUS_CORRUPT,
        "the history of table %s is ambiguous: its marker says that checkpoint %" PRId64
        " was committed by job %s, but snapshot %" PRId64
        " is not in the history of the current snapshot. The table was rolled back or replaced; roll it "
        "forward again, or start the job with 'execution.lineage'='new'",
        metadata->location, marker->state.last_checkpoint_id, marker->state.job_id, marker->snapshot_id);
    error->fatal = true;
    return STATUS_CORRUPT;
}

enum status lineage_read(struct file_io *io, const struct iceberg_table_metadata *metadata,
                         const char *lineage, const char *branch, struct lineage_state *ret_state,
                         struct error *error)
{
    struct lineage_state state = {.is_known = false};
    const struct iceberg_snapshot *newest = read_ancestors(metadata, lineage, branch, &state);
    char *key = marker_key(lineage, branch);
    const char *text = iceberg_table_property(metadata, key);
    free(key);
    struct marker marker;
    bool has_marker = text != NULL && parse_marker(text, &marker);
    if (!has_marker && text != NULL && newest == NULL)
        return error_set(error, STATUS_CORRUPT, "table %s: the marker of lineage %s is damaged: '%.200s'",
                         metadata->location, lineage, text);
    if (!has_marker) {
        *ret_state = state;
        return STATUS_OK;
    }
    if (state.commit_snapshot_id == ICEBERG_NO_SNAPSHOT &&
        state.last_checkpoint_id == marker.state.last_checkpoint_id) { /* the commit is expired */
        state.commit_snapshot_id = marker.state.commit_snapshot_id;
        state.commit_sequence_number = marker.state.commit_sequence_number;
    }
    /* The newest of ours in the history is the one of the marker, or later than it: all is well. */
    if (newest != NULL && newest->sequence_number >= marker.sequence_number) {
        *ret_state = state;
        return STATUS_OK;
    }
    /* Without a commit there is nothing that could have been lost. */
    bool is_there = marker.state.last_checkpoint_id == NO_CHECKPOINT;
    enum status status = STATUS_OK;
    if (!is_there)
        status = lineage_is_in_history(io, metadata, marker.state.commit_snapshot_id,
                                       marker.state.commit_sequence_number, &is_there, error);
    if (status == STATUS_OK && !is_there)
        return ambiguous(metadata, &marker, error);
    if (status == STATUS_OK)
        *ret_state = marker.state;
    return status;
}

enum checkpoint_presence lineage_find_checkpoint(const struct iceberg_table_metadata *metadata,
                                                 const char *lineage, const char *branch,
                                                 int64_t checkpoint_id,
                                                 const struct iceberg_snapshot **ret_snapshot)
{
    const struct iceberg_snapshot *at = iceberg_table_head(metadata);
    *ret_snapshot = NULL;
    for (uint32_t i = 0; at != NULL && i <= metadata->num_snapshots; i++) {
        int64_t committed =
            is_own(at, lineage, branch) ? summary_long(at, CHECKPOINT_KEY, NO_CHECKPOINT) : NO_CHECKPOINT;
        if (committed == checkpoint_id) {
            *ret_snapshot = at;
            return CHECKPOINT_PRESENT;
        }
        if (committed != NO_CHECKPOINT && committed < checkpoint_id)
            return CHECKPOINT_ABSENT; /* commits are in checkpoint order */
        const struct iceberg_snapshot *parent = iceberg_table_parent(metadata, at);
        if (parent == NULL)
            return at->parent_id == ICEBERG_NO_SNAPSHOT ? CHECKPOINT_ABSENT : CHECKPOINT_EXPIRED;
        at = parent;
    }
    return CHECKPOINT_ABSENT;
}

/* Takes away the longest unused markers of others. */
static void prune(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                  const char *own_key)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < base->num_properties; i++)
        count += strncmp(base->properties[i].key, MARKER_PREFIX, strlen(MARKER_PREFIX)) == 0 &&
                 strcmp(base->properties[i].key, own_key) != 0;
    bool *is_gone = mem_calloc((size_t)base->num_properties + 1, sizeof *is_gone);
    for (; count > MAX_OTHER_MARKERS; count--) {
        uint32_t oldest = UINT32_MAX;
        int64_t oldest_ms = INT64_MAX;
        for (uint32_t i = 0; i < base->num_properties; i++) {
            struct marker marker = {.time_ms = 0};
            const char *key = base->properties[i].key;
            if (is_gone[i] || strncmp(key, MARKER_PREFIX, strlen(MARKER_PREFIX)) != 0 ||
                strcmp(key, own_key) == 0)
                continue;
            if (!parse_marker(base->properties[i].value, &marker))
                marker.time_ms = 0;
            if (marker.time_ms < oldest_ms) {
                oldest = i;
                oldest_ms = marker.time_ms;
            }
        }
        if (oldest == UINT32_MAX)
            break;
        is_gone[oldest] = true;
        iceberg_append_set_property(append, base->properties[oldest].key, NULL);
    }
    free(is_gone);
}

static void set_number(struct iceberg_append *append, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    iceberg_append_set_summary(append, key, text);
}

void lineage_mark_append(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                         const struct lineage_mark *mark, int64_t now_ms)
{
    iceberg_append_set_summary(append, LINEAGE_KEY, mark->lineage);
    iceberg_append_set_summary(append, BRANCH_KEY, mark->branch);
    iceberg_append_set_summary(append, JOB_KEY, mark->job_id);
    set_number(append, EPOCH_KEY, (int64_t)mark->epoch);
    if (mark->is_claim) {
        iceberg_append_set_summary(append, CLAIM_KEY, "true");
        set_number(append, LAST_CHECKPOINT_KEY, mark->checkpoint_id);
    } else {
        set_number(append, CHECKPOINT_KEY, mark->checkpoint_id);
    }
    int64_t snapshot_id = iceberg_append_snapshot_id(append);
    int64_t sequence_number = base->last_sequence_number + 1;
    bool is_own_commit = !mark->is_claim;
    struct buffer value = {0};
    buffer_printf(&value, MARKER_FORMAT, mark->checkpoint_id, mark->job_id, mark->epoch, snapshot_id,
                  sequence_number, is_own_commit ? snapshot_id : mark->commit_snapshot_id,
                  is_own_commit ? sequence_number : mark->commit_sequence_number, now_ms);
    char *key = marker_key(mark->lineage, mark->branch);
    iceberg_append_set_property(append, key, buffer_text(&value));
    prune(append, base, key);
    free(key);
    buffer_free(&value);
}
