/* What the files of the log share. */
#ifndef HY_IO_LOG_INTERNAL_H
#define HY_IO_LOG_INTERNAL_H

#include "base/buffer.h"
#include "io/log.h"
#include <pthread.h>
#include <stdatomic.h>

#define HY_LOG_SLOT_BYTES   4096
#define HY_LOG_HEADER_BYTES 512 /* of a slot: a sector */
#define HY_LOG_DATA_START   (2 * HY_LOG_SLOT_BYTES)
#define HY_LOG_RECORD_HEAD  24
#define HY_LOG_MAX_RECORD   ((uint64_t)1 << 30)

typedef struct HyLogHeader {
    uint8_t uuid[16];
    HyContainerState base;
    HyContainerState next; /* announced */
    bool has_next;
    uint64_t salt;
    uint64_t epoch; /* grows with each header written; its lowest bit is the slot */
} HyLogHeader;

struct HyLog {
    atomic_uint n_refs;
    HyOsFile file;
    bool is_relaxed;
    HyLogHeader header;
    uint64_t nonce;
    uint64_t number; /* of the last record */
    uint32_t chain;  /* checksum that the next record continues */
    uint64_t end;    /* offset of the next record */
    uint64_t filled; /* bytes of the file that may be overwritten */
    HyBuffer buffer; /* a record on its way */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* lock: */
    uint64_t appended; /* bytes ever appended, over restarts */
    uint64_t synced;
    bool is_syncing; /* somebody syncs for all */
    bool is_failed;
};

HyStatus hy_log_new(const HyLogOptions *options, HyLog **out) HY_MUST_CHECK;
/* False: not a valid header. */
bool hy_log_header_parse(const uint8_t slot[HY_LOG_HEADER_BYTES], HyLogHeader *out);
/* The checksum that the first record continues. */
uint32_t hy_log_first_chain(uint64_t salt);
/* An unpredictable number. */
uint64_t hy_log_random(void);

#endif
