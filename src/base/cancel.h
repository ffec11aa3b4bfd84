/* The flag by which another thread stops a statement. Loops test it once per morsel or per 64 Ki
 * rows. */
#ifndef HY_BASE_CANCEL_H
#define HY_BASE_CANCEL_H

#include "base/status.h"
#include <stdatomic.h>
#include <stdbool.h>

typedef struct HyCancel {
    atomic_bool requested;
} HyCancel;

/* 57014 "canceling statement due to user request" once requested; `cancel` may be NULL. */
static inline HyStatus hy_cancel_check(const HyCancel *cancel)
{
    if (cancel && atomic_load_explicit(&cancel->requested, memory_order_relaxed))
        return hy_error("57014", "canceling statement due to user request");
    return HY_OK;
}

#endif
