#include "reader.h"

#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 10000
/* Bytes of a piece: enough that handing it over costs nothing beside the work on it. */
#define LINES_SIZE 8192U
#define BUNDLE_SIZE 65536U
/* The first ones are smaller, so that a short input occupies several threads too. */
#define SMALL_PIECES 64U
#define SMALL_FACTOR 8U
/* Bytes without an end of a line that show that this is no text. */
#define UNBROKEN_MAX (16U * 1024 * 1024)

static enum tlsagen_status check_kind(const char *path, const struct stat *st,
                                      struct tlsagen_err *err)
{
    const char *kind = NULL;
    if (S_ISDIR(st->st_mode))
        kind = "a directory";
    else if (S_ISBLK(st->st_mode))
        kind = "a block device";
    else if (S_ISSOCK(st->st_mode))
        kind = "a socket";
    if (kind == NULL)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: is %s; give a file", path, kind);
}

/* A FIFO has been opened without waiting for its writer; now wait for it, and read as usual. */
static enum tlsagen_status await_writer(const struct reader *reader, struct tlsagen_err *err)
{
    struct pollfd poll_fd = {.fd = reader->fd, .events = POLLIN};
    int ready;
    do {
        ready = poll(&poll_fd, 1, WAIT_MS);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                               "%s: nothing was written to this pipe within %d seconds",
                               reader->path, WAIT_MS / 1000);
    int flags = fcntl(reader->fd, F_GETFL);
    if (ready < 0 || flags < 0 || fcntl(reader->fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return tlsagen_err_system(err, errno, "cannot wait for %s", reader->path);
    return TLSAGEN_OK;
}

enum tlsagen_status reader_open(struct reader *reader, const char *path,
                                enum tlsagen_batch_kind kind, struct tlsagen_err *err)
{
    bool standard = strcmp(path, "-") == 0;
    *reader = (struct reader){.path = standard ? "standard input" : path, .fd = -1, .kind = kind};
    tlsagen_buf_init(&reader->rest);
    reader->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (reader->fd < 0)
        return tlsagen_err_system(err, errno, "cannot open %s",
                                  *path == '\0' ? "a file without a name" : path);
    struct stat st;
    if (fstat(reader->fd, &st) != 0)
        return tlsagen_err_system(err, errno, "cannot look at %s", reader->path);
    enum tlsagen_status status = check_kind(reader->path, &st, err);
    if (status != TLSAGEN_OK)
        return status;
    reader->regular = S_ISREG(st.st_mode);
    if (reader->regular)
        reader->total = (uint64_t)st.st_size;
    return standard || reader->regular ? TLSAGEN_OK : await_writer(reader, err);
}

void reader_close(struct reader *reader)
{
    if (reader->fd > STDIN_FILENO)
        (void)close(reader->fd);
    reader->fd = -1;
    tlsagen_buf_cleanse(&reader->rest);
}

static size_t target_size(const struct reader *reader)
{
    size_t size = reader->kind == TLSAGEN_BATCH_LINES ? LINES_SIZE : BUNDLE_SIZE;
    return reader->pieces < SMALL_PIECES ? size / SMALL_FACTOR : size;
}

static const char *last_newline(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] != '\n')
        len--;
    return len == 0 ? NULL : text + len - 1;
}

/* Behind the last line that ends a PEM block and ends itself at or after from; 0 without one. */
static size_t cut_of_blocks(const char *text, size_t from, size_t len)
{
    static const char mark[] = "-----END ";
    for (const char *lf; (lf = last_newline(text, len)) != NULL;) {
        size_t line_end = (size_t)(lf - text);
        if (line_end < from)
            break;
        const char *before = last_newline(text, line_end);
        const char *line = before == NULL ? text : before + 1;
        if (line_end - (size_t)(line - text) >= sizeof(mark) - 1 &&
            memcmp(line, mark, sizeof(mark) - 1) == 0)
            return line_end + 1;
        len = (size_t)(line - text);
    }
    return 0;
}

static size_t cut_of_lines(const char *text, size_t len)
{
    const char *lf = last_newline(text, len);
    return lf == NULL ? 0 : (size_t)(lf - text) + 1;
}

/* A device that gives zeros for ever, say, is not read for ever. */
static enum tlsagen_status check_text(struct reader *reader, const char *text, size_t len,
                                      struct tlsagen_err *err)
{
    const char *lf = last_newline(text, len);
    reader->unbroken = lf == NULL ? reader->unbroken + len : (size_t)(text + len - lf) - 1;
    if (reader->unbroken <= UNBROKEN_MAX)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                           "%s: no line ends within %u bytes; give a file of text", reader->path,
                           UNBROKEN_MAX);
}

/* Appends what one read gives; *brief when that was less than asked for. */
static enum tlsagen_status read_some(struct reader *reader, struct piece *piece, size_t want,
                                     bool *brief, struct tlsagen_err *err)
{
    struct tlsagen_buf *text = &piece->text;
    if (!tlsagen_buf_reserve(text, want))
        return tlsagen_buf_check(text, err);
    ssize_t got;
    do {
        got = read(reader->fd, text->data + text->len, want);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return tlsagen_err_system(err, errno, "cannot read %s", reader->path);
    text->len += (size_t)got;
    text->data[text->len] = '\0';
    reader->ended = got == 0;
    *brief = (size_t)got < want;
    return check_text(reader, text->data + text->len - (size_t)got, (size_t)got, err);
}

/* Drops the rest of a line that was too long, as far as it has been read. */
static void skip_line(struct reader *reader, struct piece *piece)
{
    struct tlsagen_buf *text = &piece->text;
    const char *lf = text->len == 0 ? NULL : memchr(text->data, '\n', text->len);
    size_t drop = lf == NULL ? text->len : (size_t)(lf - text->data);
    if (drop > 0) {
        memmove(text->data, text->data + drop, text->len - drop + 1);
        text->len -= drop;
        piece->bytes += drop;
    }
    reader->skipping = lf == NULL;
}

/* Hands out what stands before cut and keeps the rest for the next piece. */
static enum tlsagen_status hand_out(struct reader *reader, struct piece *piece, size_t cut,
                                    struct tlsagen_err *err)
{
    struct tlsagen_buf *text = &piece->text;
    tlsagen_buf_add(&reader->rest, text->data + cut, text->len - cut);
    text->len = cut;
    text->data[cut] = '\0';
    piece->bytes += cut;
    reader->pieces++;
    return tlsagen_buf_check(&reader->rest, err);
}

/* A place to cut where a line or block is too long to be read whole; 0 when it is not yet. */
static size_t cut_by_force(struct reader *reader, struct piece *piece)
{
    const struct tlsagen_buf *text = &piece->text;
    if (reader->kind == TLSAGEN_BATCH_LINES) {
        if (text->len <= TLSAGEN_BATCH_LINE_MAX + 1)
            return 0;
        piece->overlong = true;
        reader->skipping = true;
        return text->len;
    }
    if (text->len < TLSAGEN_BATCH_BLOCK_MAX)
        return 0;
    size_t cut = cut_of_lines(text->data, text->len);
    return cut == 0 ? text->len : cut;
}

/* No cut lies before the byte at from. */
static size_t find_cut(struct reader *reader, struct piece *piece, size_t from)
{
    const struct tlsagen_buf *text = &piece->text;
    if (reader->ended)
        return text->len;
    size_t cut = reader->kind == TLSAGEN_BATCH_LINES ? cut_of_lines(text->data, text->len)
                                                     : cut_of_blocks(text->data, from, text->len);
    return cut != 0 ? cut : cut_by_force(reader, piece);
}

static void skip_byte_order_mark(const struct reader *reader, struct piece *piece)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct tlsagen_buf *text = &piece->text;
    size_t len = sizeof(mark) - 1;
    if (reader->pieces > 0 || text->len < len || memcmp(text->data, mark, len) != 0)
        return;
    memmove(text->data, text->data + len, text->len - len + 1);
    text->len -= len;
    piece->bytes += len;
}

enum tlsagen_status reader_next(struct reader *reader, struct piece *piece, bool *end,
                                struct tlsagen_err *err)
{
    size_t target = target_size(reader);
    tlsagen_buf_reset(&piece->text);
    tlsagen_buf_add(&piece->text, reader->rest.data, reader->rest.len);
    tlsagen_buf_reset(&reader->rest);
    piece->bytes = 0;
    piece->overlong = false;
    *end = false;
    for (size_t searched = 0;;) {
        bool brief = true;
        enum tlsagen_status status = tlsagen_buf_check(&piece->text, err);
        size_t want = piece->text.len < target ? target - piece->text.len : target;
        if (status == TLSAGEN_OK && !reader->ended)
            status = read_some(reader, piece, want, &brief, err);
        if (status != TLSAGEN_OK)
            return status;
        if (reader->skipping)
            skip_line(reader, piece);
        skip_byte_order_mark(reader, piece);
        if (reader->ended && piece->text.len == 0) {
            *end = true;
            return TLSAGEN_OK;
        }
        /* A pipe's lines are answered as they come. */
        if (!brief && piece->text.len < target)
            continue;
        size_t cut = piece->text.len == 0 ? 0 : find_cut(reader, piece, searched);
        if (cut > 0)
            return hand_out(reader, piece, cut, err);
        searched = piece->text.len;
    }
}
