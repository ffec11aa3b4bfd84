/* Fault injection: makes the n-th allocation from now on fail. Linked into every unit test, where
 * malloc, calloc, realloc and aligned_alloc of the code under test go through it (ld --wrap). */
#ifndef HY_TESTS_ALLOC_FAULT_H
#define HY_TESTS_ALLOC_FAULT_H

#include <stdbool.h>

/* n = 1: the next one fails. Later ones succeed again. 0 switches the injection off. */
void alloc_fault_arm(int n);
/* Switches it off; true when an allocation was made to fail since it was armed. A test raises n
 * until this is false: then every allocation of the tested path has failed once. */
bool alloc_fault_disarm(void);

#endif
