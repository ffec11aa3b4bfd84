/* Resolvers of the arithmetic operators over numbers, for families that share an operator's name.
 */
#ifndef HY_FUNC_ARITHMETIC_H
#define HY_FUNC_ARITHMETIC_H

#include "func/function.h"

/* + - * (binary and unary + -). 42601 `'+' requires numerical arguments` for anything but numbers.
 */
HyStatus hy_resolve_number_operator(HyFuncCall *call) HY_MUST_CHECK;
/* / and %. */
HyStatus hy_resolve_division(HyFuncCall *call) HY_MUST_CHECK;

#endif
