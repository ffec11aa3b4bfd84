/* Typing of generate_series, for the functions that are made of it. */
#ifndef HY_FUNC_SERIES_H
#define HY_FUNC_SERIES_H

#include "func/function.h"

/* Sets arg_types, columns[0] and the table function. */
HyStatus hy_resolve_series(HyFuncCall *call) HY_MUST_CHECK;

#endif
