/* EXPLAIN. */
#ifndef HY_SESSION_EXPLAIN_COMMAND_H
#define HY_SESSION_EXPLAIN_COMMAND_H

#include "session/statement.h"

HyStatus hy_execute_explain(
    HyStatement *statement, const HyAstExplain *explain, HyResult *result) HY_MUST_CHECK;

#endif
