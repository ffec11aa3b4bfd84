#include "io/csv_rejects.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct Entry Entry;
struct Entry {
    HyCsvReject reject;
    Entry *next;
    size_t bytes;
};

struct HyCsvRejects {
    HyMemory *memory;
    pthread_mutex_t lock;
    Entry *first;
    size_t n;
    const HyCsvReject **sorted;
};

HyStatus hy_csv_rejects_create(HyMemory *memory, HyCsvRejects **out)
{
    HyCsvRejects *rejects = calloc(1, sizeof *rejects);
    if (!rejects)
        return hy_error_oom(sizeof *rejects);
    rejects->memory = memory;
    pthread_mutex_init(&rejects->lock, NULL);
    *out = rejects;
    return HY_OK;
}

void hy_csv_rejects_destroy(HyCsvRejects *rejects)
{
    if (!rejects)
        return;
    while (rejects->first) {
        Entry *entry = rejects->first;
        rejects->first = entry->next;
        hy_memory_free(rejects->memory, entry, entry->bytes);
    }
    pthread_mutex_destroy(&rejects->lock);
    free(rejects->sorted);
    free(rejects);
}

HyStatus hy_csv_rejects_add(HyCsvRejects *rejects, const HyCsvReject *reject)
{
    size_t reason_bytes = strlen(reject->reason) + 1;
    size_t bytes = sizeof(Entry) + reason_bytes + reject->record_len;
    void *memory;
    HY_TRY(hy_memory_alloc(rejects->memory, bytes, &memory));
    Entry *entry = memory;
    char *reason = (char *)(entry + 1);
    char *record = reason + reason_bytes;
    memcpy(reason, reject->reason, reason_bytes);
    if (reject->record_len)
        memcpy(record, reject->record, reject->record_len);
    *entry = (Entry){.reject = *reject, .bytes = bytes};
    entry->reject.reason = reason;
    entry->reject.record = record;
    pthread_mutex_lock(&rejects->lock);
    entry->next = rejects->first;
    rejects->first = entry;
    rejects->n++;
    pthread_mutex_unlock(&rejects->lock);
    return HY_OK;
}

static int compare(const void *left, const void *right)
{
    const HyCsvReject *a = *(const HyCsvReject *const *)left;
    const HyCsvReject *b = *(const HyCsvReject *const *)right;
    int order = strcmp(a->file, b->file);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

HyStatus hy_csv_rejects_list(HyCsvRejects *rejects, const HyCsvReject *const **items, size_t *n)
{
    size_t kept = 0;
    *items = NULL;
    *n = 0;
    free(rejects->sorted);
    rejects->sorted = calloc(rejects->n + 1, sizeof *rejects->sorted);
    if (!rejects->sorted)
        return hy_error_oom(rejects->n * sizeof *rejects->sorted);
    for (const Entry *entry = rejects->first; entry; entry = entry->next)
        rejects->sorted[kept++] = &entry->reject;
    qsort(rejects->sorted, kept, sizeof *rejects->sorted, compare);
    /* A file that the statement reads twice rejects the same records again. */
    for (size_t i = 0; i < kept; i++)
        if (i == 0 || compare(&rejects->sorted[i - 1], &rejects->sorted[i]) != 0)
            rejects->sorted[(*n)++] = rejects->sorted[i];
    *items = rejects->sorted;
    return HY_OK;
}
