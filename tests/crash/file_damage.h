/* Damage for .hyper files in memory, down to the layers that checksums and compression hide: bytes
 * anywhere, header fields, slots of the directory, and the decompressed content of single objects,
 * with all checksums made right again (spec/hyper-file-format.md, sections 2 to 5). */
#ifndef HY_TEST_FILE_DAMAGE_H
#define HY_TEST_FILE_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct DamagedFile {
    unsigned char *bytes; /* malloc */
    size_t len;
} DamagedFile;

/* xorshift; the state must not be 0. */
typedef struct Dice {
    uint64_t state;
} Dice;
uint64_t dice_roll(Dice *dice);
/* 0 for n = 0. */
size_t dice_below(Dice *dice, size_t n);

/* The file must have been a sound one before its first damage. */
void damage_file(DamagedFile *file, Dice *dice);

#endif
