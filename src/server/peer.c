#include "server/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define FLUSH_BYTES  ((size_t)64 << 10)
#define READ_BYTES   ((size_t)16 << 10)
#define KEEP_BYTES   ((size_t)1 << 20) /* a larger input buffer is given back when it is empty */
#define LENGTH_BYTES 4

void hy_peer_init(HyPeer *peer, int fd)
{
    *peer = (HyPeer){.fd = fd, .idle_timeout_ms = -1};
}

void hy_peer_free(HyPeer *peer)
{
    free(peer->in);
    hy_buffer_free(&peer->out);
}

/* ---- Reading ---- */

static bool wait_for_input(HyPeer *peer)
{
    struct pollfd poll_fd = {.fd = peer->fd, .events = POLLIN};
    int n;
    if (peer->idle_timeout_ms < 0)
        return true;
    do
        n = poll(&poll_fd, 1, peer->idle_timeout_ms);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* Some bytes from the socket; 0: it has ended, or the time is over. */
static size_t receive(HyPeer *peer, void *data, size_t capacity)
{
    if (!hy_peer_flush(peer) || !wait_for_input(peer)) {
        peer->is_broken = true;
        return 0;
    }
    ssize_t n;
    do
        n = recv(peer->fd, data, capacity, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0) {
        peer->is_broken = true;
        return 0;
    }
    return (size_t)n;
}

/* Room for n bytes from in_start on. */
static bool make_room(HyPeer *peer, size_t n)
{
    size_t have = peer->in_end - peer->in_start;
    if (peer->in_capacity - peer->in_start >= n)
        return true;
    if (have)
        memmove(peer->in, peer->in + peer->in_start, have);
    peer->in_start = 0;
    peer->in_end = have;
    if (peer->in_capacity >= n)
        return true;
    size_t capacity = n > READ_BYTES ? n : READ_BYTES;
    uint8_t *grown = realloc(peer->in, capacity);
    if (!grown)
        return false;
    peer->in = grown;
    peer->in_capacity = capacity;
    return true;
}

static void shrink_when_empty(HyPeer *peer)
{
    if (peer->in_start != peer->in_end)
        return;
    peer->in_start = peer->in_end = 0;
    if (peer->in_capacity > KEEP_BYTES) {
        free(peer->in);
        peer->in = NULL;
        peer->in_capacity = 0;
    }
}

/* A body is taken in steps, so that a length alone makes nobody give memory away. */
#define STEP_BYTES ((size_t)4 << 20)

bool hy_peer_read(HyPeer *peer, size_t n, const uint8_t **bytes)
{
    while (peer->in_end - peer->in_start < n) {
        size_t have = peer->in_end - peer->in_start;
        if (!have)
            shrink_when_empty(peer);
        size_t wanted = n - have > STEP_BYTES ? have + have / 2 + STEP_BYTES : n;
        if (wanted > n)
            wanted = n;
        if (!make_room(peer, wanted)) {
            peer->is_broken = true;
            return false;
        }
        size_t got = receive(peer, peer->in + peer->in_end, peer->in_capacity - peer->in_end);
        if (!got)
            return false;
        peer->in_end += got;
    }
    *bytes = peer->in + peer->in_start;
    peer->in_start += n;
    return true;
}

bool hy_peer_read_header(HyPeer *peer, uint8_t *type, size_t *body_len)
{
    const uint8_t *header;
    if (!hy_peer_read(peer, 1 + LENGTH_BYTES, &header))
        return false;
    uint32_t len = hy_load_be32(header + 1);
    if (len < LENGTH_BYTES || len > INT32_MAX)
        return false;
    *type = header[0];
    *body_len = len - LENGTH_BYTES;
    return true;
}

size_t hy_peer_read_some(HyPeer *peer, void *data, size_t capacity)
{
    size_t have = peer->in_end - peer->in_start;
    if (!have && capacity >= READ_BYTES)
        return receive(peer, data, capacity);
    if (!have) {
        const uint8_t *byte;
        if (!hy_peer_read(peer, 1, &byte))
            return 0;
        peer->in_start--;
        have = peer->in_end - peer->in_start;
    }
    size_t n = have < capacity ? have : capacity;
    memcpy(data, peer->in + peer->in_start, n);
    peer->in_start += n;
    return n;
}

bool hy_peer_skip(HyPeer *peer, size_t n)
{
    uint8_t scratch[4096];
    while (n) {
        size_t got = hy_peer_read_some(peer, scratch, n < sizeof scratch ? n : sizeof scratch);
        if (!got)
            return false;
        n -= got;
    }
    return true;
}

bool hy_socket_has_ended(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        return true;
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* ---- Writing ---- */

bool hy_peer_send(HyPeer *peer, const void *bytes, size_t len)
{
    const char *next = bytes;
    while (len && !peer->is_broken) {
        ssize_t n = send(peer->fd, next, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            peer->is_broken = true;
        } else {
            next += n;
            len -= (size_t)n;
        }
    }
    return !peer->is_broken;
}

bool hy_peer_flush(HyPeer *peer)
{
    bool ok = hy_peer_send(peer, peer->out.data, peer->out.len);
    peer->out.len = 0;
    if (peer->out.capacity > KEEP_BYTES)
        hy_buffer_free(&peer->out);
    return ok;
}

void hy_peer_flush_if_full(HyPeer *peer)
{
    if (peer->out.len >= FLUSH_BYTES)
        (void)hy_peer_flush(peer);
}

void hy_peer_put_bytes(HyPeer *peer, const void *bytes, size_t len)
{
    HyStatus st = peer->is_broken ? HY_OK : hy_buffer_append(&peer->out, bytes, len);
    if (st) {
        hy_error_free(st);
        peer->is_broken = true; /* a message with a hole would be worse than none */
    }
}

void hy_peer_begin(HyPeer *peer, char type)
{
    peer->message_start = peer->out.len;
    hy_peer_put_u8(peer, (uint8_t)type);
    hy_peer_put_u32(peer, 0);
}

void hy_peer_put_u8(HyPeer *peer, uint8_t value)
{
    hy_peer_put_bytes(peer, &value, 1);
}

void hy_peer_put_u16(HyPeer *peer, uint16_t value)
{
    uint8_t bytes[2];
    hy_store_be16(bytes, value);
    hy_peer_put_bytes(peer, bytes, sizeof bytes);
}

void hy_peer_put_u32(HyPeer *peer, uint32_t value)
{
    uint8_t bytes[4];
    hy_store_be32(bytes, value);
    hy_peer_put_bytes(peer, bytes, sizeof bytes);
}

void hy_peer_put_text(HyPeer *peer, const char *text)
{
    hy_peer_put_bytes(peer, text, strlen(text) + 1);
}

void hy_peer_end(HyPeer *peer)
{
    if (peer->is_broken)
        return;
    size_t len = peer->out.len - peer->message_start - 1;
    hy_store_be32(peer->out.data + peer->message_start + 1, (uint32_t)len);
    hy_peer_flush_if_full(peer);
}

void hy_peer_put_empty(HyPeer *peer, char type)
{
    hy_peer_begin(peer, type);
    hy_peer_end(peer);
}

/* ---- Fields ---- */

const uint8_t *hy_fields_bytes(HyFields *fields, size_t n)
{
    if (fields->failed || fields->len < n) {
        fields->failed = true;
        return NULL;
    }
    const uint8_t *bytes = fields->data;
    fields->data += n;
    fields->len -= n;
    return bytes;
}

uint8_t hy_fields_u8(HyFields *fields)
{
    const uint8_t *p = hy_fields_bytes(fields, 1);
    return p ? *p : 0;
}

uint16_t hy_fields_u16(HyFields *fields)
{
    const uint8_t *p = hy_fields_bytes(fields, 2);
    return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t hy_fields_u32(HyFields *fields)
{
    const uint8_t *p = hy_fields_bytes(fields, 4);
    return p ? hy_load_be32(p) : 0;
}

const char *hy_fields_text(HyFields *fields)
{
    const uint8_t *end =
        fields->failed || !fields->len ? NULL : memchr(fields->data, 0, fields->len);
    if (!end) {
        fields->failed = true;
        return "";
    }
    const char *text = (const char *)fields->data;
    fields->len -= (size_t)(end + 1 - fields->data);
    fields->data = end + 1;
    return text;
}
