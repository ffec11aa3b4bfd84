/* Checksums of byte strings that SQL offers. They identify data; none of them protects secrets
 * here. */
#ifndef HY_FUNC_DIGEST_H
#define HY_FUNC_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define HY_MD5_BYTES    16
#define HY_SHA256_BYTES 32

/* RFC 1321. */
void hy_md5(const void *data, size_t len, uint8_t out[HY_MD5_BYTES]);
/* FIPS 180-4. */
void hy_sha256(const void *data, size_t len, uint8_t out[HY_SHA256_BYTES]);

#endif
