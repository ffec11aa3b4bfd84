/* COPY from and to the caller over the wire. */
#include "client/remote.h"

#include <stdlib.h>

/* Data go in pieces of at most this size. */
#define PIECE_BYTES ((size_t)1 << 20)

struct HyRemoteCopy {
    HyRemote *remote;
    HyResult *result;
    HyStatus failure; /* kept for finish */
    uint8_t kind;     /* G, H, or 0: another statement, or the answer is read */
    size_t n_columns;
    bool is_input;
    bool is_output;
};

/* The whole answer when there is no COPY: as hy_remote_collect, but G and H stop it. */
static HyStatus open_copy(HyRemoteCopy *copy, const char *sql, size_t len)
{
    HyRowReader *reader = NULL;
    HyStatus failure = HY_OK;
    for (;;) {
        uint8_t type;
        HyFields fields;
        HyStatus st = hy_remote_next(copy->remote, copy->result, &type, &fields);
        if (!st && (type == 'G' || type == 'H')) {
            (void)hy_fields_u8(&fields);
            copy->n_columns = hy_fields_u16(&fields);
            copy->kind = type;
            copy->is_input = type == 'G';
            copy->is_output = type == 'H';
            copy->remote->is_copying = true;
            break;
        }
        if (!st && type == 'E')
            st = hy_remote_error(fields, sql, len);
        else if (!st && type == 'T' && !reader)
            st = hy_row_reader_create(fields, copy->result, &reader);
        else if (!st && type == 'D' && reader && !failure)
            st = hy_row_reader_add(reader, fields);
        else if (!st && type == 'C' && !failure)
            st = hy_remote_set_tag(copy->result, hy_fields_text(&fields));
        if (!failure)
            failure = st;
        else
            hy_error_free(st);
        if (copy->remote->peer.is_broken || (!st && type == 'Z'))
            break;
    }
    if (reader && !failure)
        failure = hy_row_reader_finish(reader);
    hy_row_reader_destroy(reader);
    return failure;
}

HyStatus hy_remote_copy_open(HyRemote *remote, const char *sql, size_t len, HyRemoteCopy **out)
{
    HyStatus st = HY_OK;
    HyRemoteCopy *copy = calloc(1, sizeof *copy);
    if (!copy)
        return hy_error_oom(sizeof *copy);
    copy->remote = remote;
    HY_GO(hy_result_create(&copy->result));
    HY_GO(hy_remote_send_query(remote, sql, len));
    HY_GO(open_copy(copy, sql, len));
    *out = copy;
    copy = NULL;
done:
    hy_remote_copy_destroy(copy);
    return st;
}

bool hy_remote_copy_is_input(const HyRemoteCopy *copy)
{
    return copy->is_input;
}

bool hy_remote_copy_is_output(const HyRemoteCopy *copy)
{
    return copy->is_output;
}

size_t hy_remote_copy_column_count(const HyRemoteCopy *copy)
{
    return copy->n_columns;
}

bool hy_remote_copy_write(HyRemoteCopy *copy, const void *data, size_t len)
{
    HyPeer *peer = &copy->remote->peer;
    const char *next = data;
    if (copy->kind != 'G')
        return false;
    for (size_t n; len && !peer->is_broken; next += n, len -= n) {
        n = len < PIECE_BYTES ? len : PIECE_BYTES;
        hy_peer_begin(peer, 'd');
        hy_peer_put_bytes(peer, next, n);
        hy_peer_end(peer);
    }
    return !peer->is_broken;
}

/* Reads to the end of the answer. */
static void end_copy(HyRemoteCopy *copy)
{
    copy->kind = 0;
    copy->remote->is_copying = false;
    HyStatus st = hy_remote_collect(copy->remote, NULL, 0, copy->result);
    if (copy->failure)
        hy_error_free(st);
    else
        copy->failure = st;
}

void hy_remote_copy_read(HyRemoteCopy *copy, const char **data, size_t *len)
{
    uint8_t type = 0;
    HyFields fields;
    *data = NULL;
    *len = 0;
    while (copy->kind == 'H') {
        HyStatus st = hy_remote_next(copy->remote, copy->result, &type, &fields);
        if (!st && type == 'd' && fields.len) {
            *data = (const char *)fields.data;
            *len = fields.len;
            return;
        }
        if (!st && type == 'd')
            continue;
        if (!st && type == 'E')
            st = hy_remote_error(fields, NULL, 0);
        if (!copy->failure)
            copy->failure = st;
        else
            hy_error_free(st);
        if (copy->remote->peer.is_broken) {
            copy->kind = 0;
            copy->remote->is_copying = false;
        } else {
            end_copy(copy);
        }
    }
}

HyStatus hy_remote_copy_finish(HyRemoteCopy *copy, HyResult **out)
{
    if (copy->kind == 'G')
        hy_peer_put_empty(&copy->remote->peer, 'c');
    if (copy->kind)
        end_copy(copy);
    HyStatus st = copy->failure;
    copy->failure = HY_OK;
    if (st)
        return st;
    *out = copy->result;
    copy->result = NULL;
    return HY_OK;
}

void hy_remote_copy_fail(HyRemoteCopy *copy, const char *reason)
{
    HyPeer *peer = &copy->remote->peer;
    if (copy->kind != 'G')
        return;
    hy_peer_begin(peer, 'f');
    hy_peer_put_text(peer, reason);
    hy_peer_end(peer);
    end_copy(copy);
}

void hy_remote_copy_destroy(HyRemoteCopy *copy)
{
    if (!copy)
        return;
    if (copy->kind == 'G')
        hy_remote_copy_fail(copy, "the copy was given up");
    if (copy->kind) { /* nobody reads what it has to say */
        hy_remote_cancel(copy->remote);
        end_copy(copy);
    }
    hy_error_free(copy->failure);
    hy_result_destroy(copy->result);
    free(copy);
}
