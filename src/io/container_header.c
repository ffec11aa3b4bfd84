/* The two header pages (spec/hyper-file-format.md, section 2). */
#include "io/container_internal.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include <time.h>

static const char magic[5] = {'H', 'y', 'p', 'e', 'r'};
#define POINTER_BYTES 8
#define FILE_TYPE     1

/* Offsets of the fields in a page. */
enum {
    AT_POINTER_BYTES = 0x005,
    AT_FILE_TYPE = 0x008,
    AT_VERSION = 0x00a,
    AT_WRITER_BUILD = 0x020,
    AT_CREATOR_BUILD = 0x02c,
    AT_SEQUENCE = 0x030,
    AT_FILE_SIZE = 0x038,
    AT_DIRECTORY_OFFSET = 0x040,
    AT_DIRECTORY_LENGTH = 0x048,
    AT_DIRECTORY_ALLOC = 0x050,
    AT_TIME = 0x060,
    AT_CHECKSUM = 0xffc,
};

/* The checks in the genuine server's order; each failure has a stage number, larger for later. */
static HyStatus check_page(const uint8_t *page, int *stage)
{
    *stage = 0;
    if (memcmp(page, magic, sizeof magic) != 0)
        return hy_error("42809",
            "invalid magic value in header. This is not a Hyper database or the "
            "database is corrupt and needs to be re-created.");
    *stage = 1;
    if (hy_crc32c(0, page, AT_CHECKSUM) != hy_load_u32(page + AT_CHECKSUM))
        return hy_error("XX001",
            "invalid header checksum. The database is corrupt and needs to be re-created.");
    *stage = 2;
    if (page[AT_POINTER_BYTES] != POINTER_BYTES)
        return hy_error("XXS01",
            "invalid bitness value in header. Either the database has been created on an "
            "unsupported platform or the database is corrupt and needs to be re-created.");
    *stage = 3;
    if (hy_load_u16(page + AT_FILE_TYPE) != FILE_TYPE)
        return hy_error("42809", "unsupported file type");
    *stage = 4;
    if (hy_load_u16(page + AT_VERSION) > HY_CONTAINER_MAX_VERSION)
        return hy_error(
            "0AS01", "unsupported version. To open this database, please update your product.");
    *stage = 5;
    return HY_OK;
}

HyStatus hy_container_header_parse(
    const uint8_t page[HY_HEADER_BYTES], HyContainerHeader *out, int *stage)
{
    HY_TRY(check_page(page, stage));
    *out = (HyContainerHeader){
        .version = hy_load_u16(page + AT_VERSION),
        .writer_build = hy_load_u32(page + AT_WRITER_BUILD),
        .creator_build = hy_load_u32(page + AT_CREATOR_BUILD),
        .sequence = hy_load_u64(page + AT_SEQUENCE),
        .file_size = hy_load_u64(page + AT_FILE_SIZE),
        .directory = {.offset = hy_load_u64(page + AT_DIRECTORY_OFFSET),
            .length = hy_load_u64(page + AT_DIRECTORY_LENGTH),
            .alloc = hy_load_u64(page + AT_DIRECTORY_ALLOC)},
        .checksum = hy_load_u32(page + AT_CHECKSUM),
    };
    return HY_OK;
}

HyStatus hy_container_header_choose(
    const uint8_t pages[2 * HY_HEADER_BYTES], HyContainerHeader *out, int *live_page)
{
    HyContainerHeader headers[2];
    int stages[2];
    HyStatus faults[2];
    for (int i = 0; i < 2; i++)
        faults[i] = hy_container_header_parse(pages + i * HY_HEADER_BYTES, &headers[i], &stages[i]);
    if (faults[0] && faults[1]) {
        int worse = stages[1] > stages[0] ? 0 : 1;
        hy_error_free(faults[worse]);
        return faults[1 - worse];
    }
    /* One bad page is what a torn write of the newest commit leaves: the other one counts. */
    int live = faults[0] ? 1 : faults[1] ? 0 : headers[1].sequence > headers[0].sequence;
    hy_error_free(faults[0]);
    hy_error_free(faults[1]);
    *out = headers[live];
    *live_page = live;
    return HY_OK;
}

/* Microseconds since Julian day 0, 00:00 UTC. */
static uint64_t julian_now_us(void)
{
    const int64_t unix_epoch_day = 2440588;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 +
                      unix_epoch_day * 86400 * 1000000);
}

void hy_container_header_format(HyContainerHeader *header, uint8_t page[HY_HEADER_BYTES])
{
    memset(page, 0, HY_HEADER_BYTES);
    memcpy(page, magic, sizeof magic);
    page[AT_POINTER_BYTES] = POINTER_BYTES;
    hy_store_u16(page + AT_FILE_TYPE, FILE_TYPE);
    hy_store_u16(page + AT_VERSION, (uint16_t)header->version);
    hy_store_u32(page + AT_WRITER_BUILD, header->writer_build);
    hy_store_u32(page + AT_CREATOR_BUILD, header->creator_build);
    hy_store_u64(page + AT_SEQUENCE, header->sequence);
    hy_store_u64(page + AT_FILE_SIZE, header->file_size);
    hy_store_u64(page + AT_DIRECTORY_OFFSET, header->directory.offset);
    hy_store_u64(page + AT_DIRECTORY_LENGTH, header->directory.length);
    hy_store_u64(page + AT_DIRECTORY_ALLOC, header->directory.alloc);
    hy_store_u64(page + AT_TIME, julian_now_us());
    header->checksum = hy_crc32c(0, page, AT_CHECKSUM);
    hy_store_u32(page + AT_CHECKSUM, header->checksum);
}
