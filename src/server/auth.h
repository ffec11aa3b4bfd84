/* SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side, without channel binding. */
#ifndef HY_SERVER_AUTH_H
#define HY_SERVER_AUTH_H

#include "base/status.h"
#include <stdbool.h>
#include <stdint.h>

#define HY_SCRAM_ITERATIONS 4096
#define HY_SCRAM_SALT_BYTES 16

/* What is kept of a password: enough to check a client, not to be one. */
typedef struct HyScramSecret {
    uint8_t salt[HY_SCRAM_SALT_BYTES];
    uint8_t stored_key[32];
    uint8_t server_key[32];
} HyScramSecret;

/* With a new random salt. False: no randomness to be had. */
bool hy_scram_secret(const char *password, HyScramSecret *out);
bool hy_random_bytes(void *out, size_t n);
/* out has room for 4 * ((n + 2) / 3) + 1. url: with - and _ and without padding. */
void hy_base64(const uint8_t *bytes, size_t n, bool url, char *out);

#define HY_SCRAM_MESSAGE_MAX 1024

/* One exchange. */
typedef struct HyScram {
    const HyScramSecret *secret;
    char client_first_bare[HY_SCRAM_MESSAGE_MAX];
    char server_first[HY_SCRAM_MESSAGE_MAX];
    char nonce[256];
    char server_final[64];
} HyScram;

/* The client's first message; then server_first is to be sent. False: it is none. */
bool hy_scram_first(HyScram *scram, const char *message, size_t len);
/* The client's final message; true: the password is right, server_final is to be sent. */
bool hy_scram_final(HyScram *scram, const char *message, size_t len);

/* ---- The client's side ---- */

typedef struct HyScramClient {
    char first[128]; /* to be sent: set by hy_scram_client_first */
    char final[HY_SCRAM_MESSAGE_MAX];
    uint8_t server_signature[32];
} HyScramClient;

/* False: no randomness to be had. */
bool hy_scram_client_first(HyScramClient *scram);
/* The server's first message; then final is to be sent. False: it is none. */
bool hy_scram_client_final(
    HyScramClient *scram, const char *password, const char *message, size_t len);
/* The server's last message: whether it knows the password, too. */
bool hy_scram_client_check(const HyScramClient *scram, const char *message, size_t len);

#endif
