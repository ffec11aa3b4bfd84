/* One end of a connection: messages of the PostgreSQL protocol (version 3) in and out of a socket.
 *
 * Output is collected and goes out when 64 KB have come together, or before input is waited for.
 * Once the socket fails, the peer is broken: what is written is dropped, reading fails. Used by the
 * connection's own thread. */
#ifndef HY_SERVER_PEER_H
#define HY_SERVER_PEER_H

#include "base/buffer.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct HyPeer {
    int fd;
    bool is_broken;
    int idle_timeout_ms; /* how long to wait for input; -1: forever */
    uint8_t *in;
    size_t in_start; /* bytes [in_start, in_end) have come and are not yet taken */
    size_t in_end;
    size_t in_capacity;
    HyBuffer out;
    size_t message_start; /* of the message that is being written */
} HyPeer;

void hy_peer_init(HyPeer *peer, int fd);
void hy_peer_free(HyPeer *peer); /* does not close the socket */

/* ---- Reading ---- */

/* Waits for n bytes and gives them; valid until the next read. False: the connection has ended (or
 * memory has). */
bool hy_peer_read(HyPeer *peer, size_t n, const uint8_t **bytes);
/* Type and length of the next message; the length is that of its body. False: ended, or what came
 * is no message. */
bool hy_peer_read_header(HyPeer *peer, uint8_t *type, size_t *body_len);
/* Up to capacity bytes, at least one; 0: ended. */
size_t hy_peer_read_some(HyPeer *peer, void *data, size_t capacity);
bool hy_peer_skip(HyPeer *peer, size_t n);
/* Whether the other side has gone, without taking anything. Any thread. */
bool hy_socket_has_ended(int fd);

/* ---- Writing: begin, put, end ---- */

/* Sends all bytes at once, e.g. those that stand outside of messages. */
bool hy_peer_send(HyPeer *peer, const void *bytes, size_t len);
bool hy_peer_flush(HyPeer *peer);

void hy_peer_begin(HyPeer *peer, char type);
void hy_peer_put_u8(HyPeer *peer, uint8_t value);
void hy_peer_put_u16(HyPeer *peer, uint16_t value); /* big-endian, as all of these */
void hy_peer_put_u32(HyPeer *peer, uint32_t value);
void hy_peer_put_bytes(HyPeer *peer, const void *bytes, size_t len);
void hy_peer_put_text(HyPeer *peer, const char *text); /* with its zero byte */
/* Fills in the length. */
void hy_peer_end(HyPeer *peer);
/* A message without body. */
void hy_peer_put_empty(HyPeer *peer, char type);
/* Sends what has come together when that is much. */
void hy_peer_flush_if_full(HyPeer *peer);

/* ---- The fields of a message that was read ---- */

/* Reads from the front; the first field that is not there sets `failed`, and all later ones are
 * zero. */
typedef struct HyFields {
    const uint8_t *data;
    size_t len;
    bool failed;
} HyFields;

uint8_t hy_fields_u8(HyFields *fields);
uint16_t hy_fields_u16(HyFields *fields);
uint32_t hy_fields_u32(HyFields *fields);
const uint8_t *hy_fields_bytes(HyFields *fields, size_t n);
/* Up to a zero byte, which is there; never NULL. */
const char *hy_fields_text(HyFields *fields);

static inline void hy_store_be16(void *to, uint16_t v)
{
    uint8_t *p = to;
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void hy_store_be32(void *to, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(to, &v, sizeof v);
}
static inline void hy_store_be64(void *to, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(to, &v, sizeof v);
}
static inline uint32_t hy_load_be32(const void *from)
{
    uint32_t v;
    memcpy(&v, from, sizeof v);
    return __builtin_bswap32(v);
}
static inline uint64_t hy_load_be64(const void *from)
{
    uint64_t v;
    memcpy(&v, from, sizeof v);
    return __builtin_bswap64(v);
}

#endif
