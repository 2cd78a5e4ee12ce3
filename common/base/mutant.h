#pragma once

/*
 * The guards behind the invariants of exactly-once, by name. A release build keeps all of them. The
 * simulation is also built with -DFRAZIL_MUTANT=<name>, which takes that one guard away, and must then find
 * a violation: otherwise it does not test what it claims to.
 */
enum mutant {
    MUTANT_NONE,
    MUTANT_ACKNOWLEDGE_OF_ANOTHER_ATTEMPT, /* a checkpoint takes what an old attempt acknowledges */
    MUTANT_INCOMPLETE_CHECKPOINT,          /* a checkpoint completes one acknowledgement early */
    MUTANT_RESTART_DURING_STORE,           /* a restart does not wait for the checkpoint being published */
    MUTANT_COMMIT_OUT_OF_ORDER,            /* the newest durable checkpoint is committed first */
    MUTANT_SKIP_UNCOMMITTED,               /* a new leader does not commit what is durable and uncommitted */
    MUTANT_VOID_CHECKPOINTS,               /* what an older epoch published beyond the record counts */
    MUTANT_NO_REWIND,                      /* after a failed checkpoint the attempt goes on */
    MUTANT_STALE_EPOCH,                    /* messages to and from an older leader's tasks are taken */
    MUTANT_SCRAP_OF_COMPLETED,             /* a doubled acknowledgement removes what is committed */
    MUTANT_UNCOUNTED_FILES,                /* a file goes with the first checkpoint that referred to it */
    MUTANT_UNKNOWN_BASE,                   /* tasks build upon any checkpoint that they know of */
    MUTANT_RESTART_DURING_SWEEP,           /* a restart does not wait until files are swept */
    MUTANT_FENCED_DISCARD,                 /* who does not lead any more removes checkpoints */
    MUTANT_DISCARD_DURING_COPY,            /* a checkpoint is discarded while a savepoint of it is written */
    MUTANT_RESTART_DURING_STOP,            /* a restart does not wait until a stop is decided */
    MUTANT_END_BEFORE_SAVEPOINT,           /* a job that is stopped ends before its savepoint is written */
    MUTANT_DRAINED_GOES_ON,                /* the next leader goes on from a drained checkpoint */
    MUTANT_FRAME_OF_ANOTHER_ATTEMPT,       /* a channel takes what an old attempt's producer sent */
    MUTANT_UNNOTICED_GAP,                  /* an element is taken though one before it is lost */
    MUTANT_UNNOTICED_LOSS,                 /* an announcement of more than what came changes nothing */
    MUTANT_SEND_WITHOUT_CREDIT,            /* a producer sends what its consumer has no room for */
    MUTANT_READ_BEHIND_BARRIER,            /* a channel that gave its barrier is read on */
    MUTANT_INCOMPLETE_ALIGNMENT,           /* a barrier is passed on while one channel has not given it */
    MUTANT_OVERTAKEN_BARRIER,              /* channels that gave a barrier count for the next one */
};

#ifndef FRAZIL_MUTANT
#define FRAZIL_MUTANT MUTANT_NONE
#endif

#define GUARD(mutant, condition) (FRAZIL_MUTANT == (mutant) || (condition))
