/* A bar on standard error while a statement runs, from its second second on. */
#ifndef HY_CLI_PROGRESS_BAR_H
#define HY_CLI_PROGRESS_BAR_H

#include "openhyper.h"

typedef struct HyProgressBar HyProgressBar;

/* Starts watching the connection's statement on a thread of its own; NULL when `is_wanted` is false
 * or there is no thread to be had, which costs nothing but the bar. */
HyProgressBar *hy_progress_bar_start(const openhyper_connection *connection, bool is_wanted);
/* Ends it and wipes the bar. NULL is fine. */
void hy_progress_bar_stop(HyProgressBar *bar);

#endif
