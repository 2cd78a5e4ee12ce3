#pragma once

#include "common/filesystem/file_io.h"

/*
 * The record by which jobmanagers and taskmanagers that share a folder (high-availability.storageDir) agree
 * on the leader: <folder>/epochs/epoch-<n>.json, written whole and published by link(). The highest n leads.
 */
enum { LEADER_ADDRESS_BYTES = 160, LEADER_ID_BYTES = 33 };

struct leader_record {
    uint64_t epoch;                         /* from 1 */
    char leader_id[LEADER_ID_BYTES];        /* 32 hexadecimal digits, drawn at the jobmanager's start */
    char rpc_address[LEADER_ADDRESS_BYTES]; /* tcp://host:port to register at */
    int64_t since_ms;                       /* wall clock of the leader */
};

/* Reads the newest record. NOT_FOUND: there was no leader yet; read again later. CORRUPT names the file. */
STATUS_MUST_CHECK enum status leader_record_read(struct file_io *io, const char *folder,
                                                 struct leader_record *ret_record, struct error *error);
/* As above for a folder given as a path or URI. */
STATUS_MUST_CHECK enum status leader_record_read_uri(const char *folder, struct leader_record *ret_record,
                                                     struct error *error);
/* Takes the epoch of the record for its leader. ALREADY_EXISTS: somebody else was faster. */
STATUS_MUST_CHECK enum status leader_record_publish(struct file_io *io, const char *folder,
                                                    const struct leader_record *record, struct error *error);
/* The highest epoch that was taken; 0 when none. */
STATUS_MUST_CHECK enum status leader_record_newest_epoch(struct file_io *io, const char *folder,
                                                         uint64_t *ret_epoch, struct error *error);
/* Removes records older than the newest `keep`. */
STATUS_MUST_CHECK enum status leader_record_prune(struct file_io *io, const char *folder, uint32_t keep,
                                                  struct error *error);
