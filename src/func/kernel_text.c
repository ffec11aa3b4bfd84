/* Compiled once per instruction set (base/kernel.h). */
#include "func/kernel_text.h"
#include "base/utf8.h"

#ifdef __AVX512BW__
#include <immintrin.h>

/* Most texts fit in a register: bytes behind the end are masked, and their number, which no branch
 * predictor knows, decides nothing. A character starts at each byte that is not 10xxxxxx. */
static size_t text_length(const char *text, size_t len)
{
    if (len > 64)
        return hy_utf8_length(text, len);
    __mmask64 mask = _bzhi_u64(UINT64_MAX, (uint32_t)len);
    __m512i bytes = _mm512_maskz_loadu_epi8(mask, text);
    __mmask64 starts = _mm512_mask_cmpgt_epi8_mask(mask, bytes, _mm512_set1_epi8((char)0xBF));
    return (size_t)_mm_popcnt_u64(starts);
}
#else
static size_t text_length(const char *text, size_t len)
{
    return hy_utf8_length(text, len);
}
#endif

void HY_KERNEL(hy_text_lengths)(const HyString *restrict texts, size_t n, int32_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int32_t)text_length(hy_string_data(&texts[i]), texts[i].len);
}
