#include "server/auth.h"

#include "func/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define HASH_BYTES  HY_SHA256_BYTES
#define BLOCK_BYTES 64
#define NONCE_BYTES 18

bool hy_random_bytes(void *out, size_t n)
{
    return getrandom(out, n, 0) == (ssize_t)n;
}

/* ---- Base64 ---- */

static const char plain_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hy_base64(const uint8_t *bytes, size_t n, bool url, char *out)
{
    const char *digits = url ? url_digits : plain_digits;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        size_t have = n - i < 3 ? n - i : 3;
        if (have > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (have > 2)
            group |= bytes[i + 2];
        for (size_t j = 0; j <= have; j++)
            *out++ = digits[group >> (18 - 6 * j) & 63];
        for (size_t j = have; j < 3 && !url; j++)
            *out++ = '=';
    }
    *out = 0;
}

/* Exactly n bytes of padded base64. */
static bool base64_decode(const char *text, size_t len, uint8_t *out, size_t n)
{
    if (len != (n + 2) / 3 * 4)
        return false;
    uint32_t group = 0;
    size_t done = 0;
    for (size_t i = 0; i < len; i++) {
        const char *digit = text[i] == '=' ? plain_digits : strchr(plain_digits, text[i]);
        if (!digit || !text[i])
            return false;
        group = group << 6 | (uint32_t)(digit - plain_digits);
        if (i % 4 == 3)
            for (int shift = 16; shift >= 0 && done < n; shift -= 8)
                out[done++] = (uint8_t)(group >> shift);
    }
    return done == n;
}

/* ---- HMAC and PBKDF2 ---- */

static void hmac(
    const void *key, size_t key_len, const void *data, size_t len, uint8_t out[HASH_BYTES])
{
    uint8_t block[BLOCK_BYTES] = {0};
    uint8_t inner[BLOCK_BYTES + 3 * HY_SCRAM_MESSAGE_MAX];
    uint8_t outer[BLOCK_BYTES + HASH_BYTES];
    if (key_len > sizeof block)
        hy_sha256(key, key_len, block);
    else if (key_len)
        memcpy(block, key, key_len);
    if (len > sizeof inner - BLOCK_BYTES)
        len = sizeof inner - BLOCK_BYTES; /* callers have less */
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        inner[i] = block[i] ^ 0x36;
        outer[i] = block[i] ^ 0x5c;
    }
    memcpy(inner + BLOCK_BYTES, data, len);
    hy_sha256(inner, BLOCK_BYTES + len, outer + BLOCK_BYTES);
    hy_sha256(outer, sizeof outer, out);
}

static void salted_password(const char *password, const uint8_t salt[HY_SCRAM_SALT_BYTES],
    int iterations, uint8_t out[HASH_BYTES])
{
    uint8_t first[HY_SCRAM_SALT_BYTES + 4] = {0};
    uint8_t u[HASH_BYTES];
    memcpy(first, salt, HY_SCRAM_SALT_BYTES);
    first[sizeof first - 1] = 1;
    hmac(password, strlen(password), first, sizeof first, u);
    memcpy(out, u, HASH_BYTES);
    for (int i = 1; i < iterations; i++) {
        hmac(password, strlen(password), u, sizeof u, u);
        for (size_t j = 0; j < HASH_BYTES; j++)
            out[j] ^= u[j];
    }
}

bool hy_scram_secret(const char *password, HyScramSecret *out)
{
    uint8_t salted[HASH_BYTES];
    uint8_t client_key[HASH_BYTES];
    if (!hy_random_bytes(out->salt, sizeof out->salt))
        return false;
    salted_password(password, out->salt, HY_SCRAM_ITERATIONS, salted);
    hmac(salted, sizeof salted, "Client Key", 10, client_key);
    hy_sha256(client_key, sizeof client_key, out->stored_key);
    hmac(salted, sizeof salted, "Server Key", 10, out->server_key);
    return true;
}

/* ---- The exchange ---- */

bool hy_scram_first(HyScram *scram, const char *message, size_t len)
{
    uint8_t random[NONCE_BYTES];
    char server_nonce[NONCE_BYTES / 3 * 4 + 1];
    char salt[HY_SCRAM_SALT_BYTES / 3 * 4 + 8];
    /* "n,," or "y,,": no channel binding, then "n=..,r=<nonce>". */
    if (len < 3 || len >= sizeof scram->client_first_bare || memchr(message, 0, len) ||
        (message[0] != 'n' && message[0] != 'y') || message[1] != ',' || message[2] != ',')
        return false;
    memcpy(scram->client_first_bare, message + 3, len - 3);
    scram->client_first_bare[len - 3] = 0;
    const char *nonce = strstr(scram->client_first_bare, ",r=");
    if (!nonce || !hy_random_bytes(random, sizeof random))
        return false;
    nonce += 3;
    size_t nonce_len = strcspn(nonce, ",");
    if (!nonce_len || nonce_len > 200)
        return false;
    hy_base64(random, sizeof random, false, server_nonce);
    hy_base64(scram->secret->salt, HY_SCRAM_SALT_BYTES, false, salt);
    (void)snprintf(
        scram->nonce, sizeof scram->nonce, "%.*s%s", (int)nonce_len, nonce, server_nonce);
    (void)snprintf(scram->server_first, sizeof scram->server_first, "r=%s,s=%s,i=%d", scram->nonce,
        salt, HY_SCRAM_ITERATIONS);
    return true;
}

static bool is_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint8_t difference = 0;
    for (size_t i = 0; i < n; i++) /* in constant time */
        difference |= a[i] ^ b[i];
    return difference == 0;
}

bool hy_scram_final(HyScram *scram, const char *message, size_t len)
{
    char text[HY_SCRAM_MESSAGE_MAX];
    char auth[3 * HY_SCRAM_MESSAGE_MAX];
    uint8_t proof[HASH_BYTES];
    uint8_t signature[HASH_BYTES];
    uint8_t stored[HASH_BYTES];
    if (len >= sizeof text || memchr(message, 0, len))
        return false;
    memcpy(text, message, len);
    text[len] = 0;
    /* "c=biws,r=<nonce>,p=<proof>"; biws and eSws are "n,," and "y,,". */
    char *proof_text = strstr(text, ",p=");
    if (!proof_text || (strncmp(text, "c=biws,r=", 9) != 0 && strncmp(text, "c=eSws,r=", 9) != 0))
        return false;
    *proof_text = 0;
    if (strcmp(text + 9, scram->nonce) != 0 ||
        !base64_decode(proof_text + 3, strlen(proof_text + 3), proof, sizeof proof))
        return false;
    int n = snprintf(
        auth, sizeof auth, "%s,%s,%s", scram->client_first_bare, scram->server_first, text);
    if (n < 0 || (size_t)n >= sizeof auth)
        return false;
    hmac(scram->secret->stored_key, HASH_BYTES, auth, (size_t)n, signature);
    for (size_t i = 0; i < HASH_BYTES; i++)
        proof[i] ^= signature[i]; /* now the client key */
    hy_sha256(proof, sizeof proof, stored);
    if (!is_equal(stored, scram->secret->stored_key, HASH_BYTES))
        return false;
    hmac(scram->secret->server_key, HASH_BYTES, auth, (size_t)n, signature);
    memcpy(scram->server_final, "v=", 2);
    hy_base64(signature, sizeof signature, false, scram->server_final + 2);
    return true;
}

/* ---- The client's side ---- */

#define MAX_ITERATIONS 1000000 /* a server shall not keep us busy for minutes */

bool hy_scram_client_first(HyScramClient *scram)
{
    uint8_t random[NONCE_BYTES];
    char nonce[NONCE_BYTES / 3 * 4 + 1];
    if (!hy_random_bytes(random, sizeof random))
        return false;
    hy_base64(random, sizeof random, false, nonce);
    (void)snprintf(scram->first, sizeof scram->first, "n,,n=,r=%s", nonce);
    return true;
}

/* "r=<nonce>,s=<salt>,i=<iterations>" */
static bool parse_server_first(const HyScramClient *scram, const char *text, size_t *nonce_len,
    uint8_t salt[HY_SCRAM_SALT_BYTES], int *iterations)
{
    const char *own = strstr(scram->first, "r=");
    const char *salt_text = strstr(text, ",s=");
    const char *count = salt_text ? strstr(salt_text, ",i=") : NULL;
    if (!own || !count || strncmp(text, own, strlen(own)) != 0)
        return false;
    salt_text += 3;
    *nonce_len = (size_t)(salt_text - 3 - text - 2);
    long n = strtol(count + 3, NULL, 10);
    *iterations = (int)n;
    return n > 0 && n <= MAX_ITERATIONS &&
           base64_decode(salt_text, (size_t)(count - salt_text), salt, HY_SCRAM_SALT_BYTES);
}

bool hy_scram_client_final(
    HyScramClient *scram, const char *password, const char *message, size_t len)
{
    char text[HY_SCRAM_MESSAGE_MAX / 2];
    char auth[3 * HY_SCRAM_MESSAGE_MAX];
    char proof_text[HASH_BYTES * 2];
    uint8_t salt[HY_SCRAM_SALT_BYTES];
    uint8_t salted[HASH_BYTES];
    uint8_t proof[HASH_BYTES];
    uint8_t stored[HASH_BYTES];
    uint8_t signature[HASH_BYTES];
    size_t nonce_len;
    int iterations;
    if (len >= sizeof text || memchr(message, 0, len))
        return false;
    memcpy(text, message, len);
    text[len] = 0;
    if (!parse_server_first(scram, text, &nonce_len, salt, &iterations))
        return false;
    (void)snprintf(scram->final, sizeof scram->final, "c=biws,r=%.*s", (int)nonce_len, text + 2);
    int n = snprintf(auth, sizeof auth, "%s,%s,%s", scram->first + 3, text, scram->final);
    if (n < 0 || (size_t)n >= sizeof auth)
        return false;
    salted_password(password, salt, iterations, salted);
    hmac(salted, sizeof salted, "Client Key", 10, proof);
    hy_sha256(proof, sizeof proof, stored);
    hmac(stored, sizeof stored, auth, (size_t)n, signature);
    for (size_t i = 0; i < HASH_BYTES; i++)
        proof[i] ^= signature[i];
    hmac(salted, sizeof salted, "Server Key", 10, stored);
    hmac(stored, sizeof stored, auth, (size_t)n, scram->server_signature);
    hy_base64(proof, sizeof proof, false, proof_text);
    size_t used = strlen(scram->final);
    (void)snprintf(scram->final + used, sizeof scram->final - used, ",p=%s", proof_text);
    return true;
}

bool hy_scram_client_check(const HyScramClient *scram, const char *message, size_t len)
{
    uint8_t signature[HASH_BYTES];
    return len > 2 && memcmp(message, "v=", 2) == 0 &&
           base64_decode(message + 2, len - 2, signature, sizeof signature) &&
           is_equal(signature, scram->server_signature, sizeof signature);
}
