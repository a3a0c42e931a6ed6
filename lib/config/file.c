#include "file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "split.h"

#define FILE_MAX (256U * 1024 * 1024) /* bytes: a million services */
#define DEPTH_MAX 16

/* Who asks for a file; source is NULL for the main one. */
struct asker {
    const struct source *source;
    unsigned line;
};

/* The files on the way from the main one. */
struct walk {
    struct tree *tree;
    struct values *values;
    size_t depth;
    struct {
        dev_t device;
        ino_t inode;
    } open[DEPTH_MAX];
    enum tlsagen_status status; /* why the main file cannot be read */
    struct tlsagen_err err;
};

/* A file that cannot be read: a fault of its includer, or the end of it. */
TLSAGEN_PRINTF(4, 5)
static void refuse(struct walk *w, const struct asker *asker, enum tlsagen_status status,
                   const char *format, ...)
{
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (asker->source != NULL)
        fault_at(w->tree, asker->source, asker->line, "%s", text);
    else
        w->status = tlsagen_err_set(&w->err, status, "%s", text);
}

/* What it says is done by whoever reads it: so nobody else may write to it. */
static void check_writers(struct walk *w, const struct source *source, const struct stat *st)
{
    bool root = geteuid() == 0;
    if (!S_ISREG(st->st_mode))
        return;
    if ((st->st_mode & S_IWOTH) != 0)
        fault_unsafe(w->tree, source, 0, "everybody can write to it; chmod o-w");
    else if (root && (st->st_mode & S_IWGRP) != 0 && st->st_gid != 0)
        fault_unsafe(w->tree, source, 0, "its group can write to it, and root reads it; chmod g-w");
    if (root && st->st_uid != 0)
        fault_unsafe(w->tree, source, 0,
                     "belongs to user %lu, and root reads it; give it to root with chown",
                     (unsigned long)st->st_uid);
}

void file_check_secret(struct tree *tree, const struct section *section, const struct entry *entry,
                       const char *path)
{
    struct stat st;
    (void)section;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & S_IRWXO) == 0)
        return;
    fault_unsafe(tree, entry->source, entry->line,
                 "%.300s: everybody can read or change this secret; chmod o= it", path);
}

static struct source *new_source(struct walk *w, const char *path)
{
    struct tlsagen_buf folder;
    const char *slash = strrchr(path, '/');
    char *here = *path == '/' ? NULL : getcwd(NULL, 0);
    struct source *source = arena_alloc(&w->tree->arena, sizeof(*source));
    tlsagen_buf_init(&folder);
    if (*path != '/')
        tlsagen_buf_printf(&folder, "%s%s", here == NULL ? "." : here, slash == NULL ? "" : "/");
    if (slash != NULL)
        tlsagen_buf_add(&folder, path, (size_t)(slash - path));
    free(here);
    if (source != NULL && !folder.failed) {
        source->name =
            arena_text(&w->tree->arena, strcmp(path, "-") == 0 ? "standard input" : path);
        source->folder =
            arena_copy(&w->tree->arena, folder.len == 0 ? "" : folder.data, folder.len);
    }
    bool done = source != NULL && source->name != NULL && source->folder != NULL;
    tlsagen_buf_clear(&folder);
    w->tree->arena.failed = w->tree->arena.failed || !done;
    return done ? source : NULL;
}

/* With errno; EILSEQ at a zero byte, which no text has and which devices have without end. */
static bool read_bytes(int fd, struct tlsagen_buf *buf)
{
    const size_t piece = 65536;
    for (;;) {
        if (!tlsagen_buf_reserve(buf, piece)) {
            errno = ENOMEM;
            return false;
        }
        ssize_t got = read(fd, buf->data + buf->len, piece);
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        /* EAGAIN: a descriptor that somebody else left not to block. */
        if (got < 0 && (errno == EINTR || (errno == EAGAIN && poll(&ready, 1, -1) >= 0)))
            continue;
        if (got < 0)
            return false;
        const bool zero = memchr(buf->data + buf->len, 0, (size_t)got) != NULL;
        buf->len += (size_t)got;
        buf->data[buf->len] = '\0';
        if (zero || buf->len > FILE_MAX) {
            errno = zero ? EILSEQ : EFBIG;
            return false;
        }
        if (got == 0)
            return true;
    }
}

static int open_file(struct walk *w, const char *path, const struct asker *asker, struct stat *st)
{
    bool input = asker->source == NULL && strcmp(path, "-") == 0;
    /* A FIFO that is given waits for its writer, as its end would be an empty file. */
    const int wait = asker->source == NULL ? 0 : O_NONBLOCK;
    int fd = input ? dup(STDIN_FILENO) : open(path, O_RDONLY | wait | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, st) != 0) {
        refuse(w, asker, errno == ENOENT ? TLSAGEN_E_NOTFOUND : TLSAGEN_E_SYSTEM,
               "cannot open %.300s: %s", *path == '\0' ? "a file without a name" : path,
               strerror(errno));
    } else if (S_ISDIR(st->st_mode)) {
        refuse(w, asker, TLSAGEN_E_KIND, "%.300s is a directory; give a file%s", path,
               asker->source == NULL ? "" : ", or FOLDER/*.conf");
    } else if (!S_ISREG(st->st_mode) && asker->source != NULL) {
        refuse(w, asker, TLSAGEN_E_KIND, "%.300s is no regular file; include one", path);
    } else {
        return fd;
    }
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* Whether the file is read already, further out: it would have no end. */
static bool is_open(struct walk *w, const char *path, const struct asker *asker,
                    const struct stat *st)
{
    if (w->depth == DEPTH_MAX) {
        refuse(w, asker, TLSAGEN_E_LIMIT, "%.300s: files include files %d deep; include fewer",
               path, DEPTH_MAX);
        return true;
    }
    for (size_t i = 0; i < w->depth && S_ISREG(st->st_mode); i++) {
        if (w->open[i].device == st->st_dev && w->open[i].inode == st->st_ino) {
            refuse(w, asker, TLSAGEN_E_SYNTAX, "%.300s includes itself; take that out", path);
            return true;
        }
    }
    w->open[w->depth].device = st->st_dev;
    w->open[w->depth].inode = st->st_ino;
    return false;
}

static split_include include;

static bool is_json(const char *path, enum tlsagen_config_format format)
{
    size_t len = strlen(path);
    if (format != TLSAGEN_CONFIG_BY_NAME)
        return format == TLSAGEN_CONFIG_JSON;
    return len > 5 && strcmp(path + len - 5, ".json") == 0;
}

static bool read_source(struct walk *w, const struct source *source,
                        enum tlsagen_config_format format, struct tlsagen_buf *bytes)
{
    if (is_json(source->name, format))
        return json_read(w->tree, source, bytes->data, bytes->len, include, w);
    return split_read(w->tree, w->values, source, bytes->data, bytes->len, include, w);
}

/* False when memory ran out; faults are told. */
static bool read_file(struct walk *w, const char *path, enum tlsagen_config_format format,
                      const struct asker *asker)
{
    struct tlsagen_buf bytes;
    struct stat st;
    bool done = true;
    int fd = open_file(w, path, asker, &st);
    if (fd < 0)
        return true;
    if (is_open(w, path, asker, &st)) {
        (void)close(fd);
        return true;
    }
    const struct source *source = new_source(w, path);
    tlsagen_buf_init(&bytes);
    if (source == NULL) {
        done = false;
    } else if (!read_bytes(fd, &bytes)) {
        done = errno != ENOMEM;
        if (errno == EILSEQ)
            refuse(w, asker, TLSAGEN_E_SYNTAX,
                   "%.300s: has a zero byte, so it is no text; give a configuration file", path);
        else
            refuse(w, asker, TLSAGEN_E_SYSTEM, "cannot read %.300s: %s", path, strerror(errno));
    } else {
        check_writers(w, source, &st);
        w->depth++;
        done = read_source(w, source, format, &bytes);
        w->depth--;
    }
    tlsagen_buf_clear(&bytes);
    (void)close(fd);
    return done;
}

/* Bytes that glob(3) would take for a pattern, in the folder, which is none. */
static void add_plain(struct tlsagen_buf *buf, const char *folder)
{
    for (; *folder != '\0'; folder++) {
        if (strchr("*?[\\", *folder) != NULL)
            tlsagen_buf_char(buf, '\\');
        tlsagen_buf_char(buf, *folder);
    }
}

static bool include_each(struct walk *w, const struct asker *asker, const char *pattern,
                         const glob_t *found)
{
    for (size_t i = 0; i < found->gl_pathc; i++) {
        if (!read_file(w, found->gl_pathv[i], TLSAGEN_CONFIG_BY_NAME, asker))
            return false;
    }
    if (found->gl_pathc == 0 && strpbrk(pattern, "*?[") == NULL)
        refuse(w, asker, TLSAGEN_E_NOTFOUND, "include \"%.300s\": there is no such file", pattern);
    return true;
}

static bool include(void *arg, const struct source *source, unsigned line, const char *pattern)
{
    struct walk *w = arg;
    const struct asker asker = {.source = source, .line = line};
    struct tlsagen_buf whole;
    glob_t found = {.gl_pathc = 0};
    bool done = false;
    tlsagen_buf_init(&whole);
    if (*pattern != '/') {
        add_plain(&whole, source->folder);
        tlsagen_buf_char(&whole, '/');
    }
    tlsagen_buf_str(&whole, pattern);
    int result = whole.failed ? GLOB_NOSPACE : glob(whole.data, 0, NULL, &found);
    if (result == GLOB_NOSPACE)
        w->tree->arena.failed = true;
    else if (result == 0 || result == GLOB_NOMATCH)
        done = include_each(w, &asker, pattern, &found);
    else {
        refuse(w, &asker, TLSAGEN_E_SYSTEM, "include \"%.300s\": cannot read the folder", pattern);
        done = true;
    }
    if (!whole.failed)
        globfree(&found);
    tlsagen_buf_clear(&whole);
    return done;
}

enum tlsagen_status file_read_all(struct tree *tree, const char *path,
                                  enum tlsagen_config_format format, struct tlsagen_err *err)
{
    struct walk walk = {.tree = tree, .values = values_new()};
    const struct asker nobody = {.source = NULL};
    bool done = walk.values != NULL && read_file(&walk, path, format, &nobody);
    values_free(walk.values);
    if (!done)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "%.300s: out of memory", path);
    if (walk.status != TLSAGEN_OK)
        *err = walk.err;
    return walk.status;
}
