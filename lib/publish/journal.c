#include "journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define VERSION 1
#define PATH_SIZE 4096
#define SIZE_MAX_READ (4 * 1024 * 1024) /* bytes of a journal that can be ours */

static const char *const phases[] = {"intent", "done", "undone"};

void journal_init(struct journal *journal)
{
    *journal = (struct journal){.phase = JOURNAL_INTENT};
}

void journal_clear(struct journal *journal)
{
    tlsagen_buf_clear(&journal->file);
    tlsagen_buf_clear(&journal->server);
    tlsagen_buf_clear(&journal->key_file);
    tlsagen_buf_clear(&journal->zone);
    tlsagen_buf_clear(&journal->owner);
    tlsagen_buf_clear(&journal->before);
    tlsagen_buf_clear(&journal->after);
}

bool journal_is_whole(const struct journal *journal)
{
    return !(journal->file.failed || journal->server.failed || journal->key_file.failed ||
             journal->zone.failed || journal->owner.failed || journal->before.failed ||
             journal->after.failed);
}

/* DIR/publish/OWNER.json; owners have bytes of host names only. */
static enum tlsagen_status make_path(const char *dir, const char *owner, char path[PATH_SIZE],
                                     struct tlsagen_err *err)
{
    size_t len = strlen(owner);
    if (len > 0 && owner[len - 1] == '.')
        len--;
    if (len == 0 || owner[0] == '.' || memchr(owner, '/', len) != NULL)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "\"%.64s\" has no journal", owner);
    int size = snprintf(path, PATH_SIZE, "%s/publish/%.*s.json", dir, (int)len, owner);
    if (size < 0 || size >= PATH_SIZE)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "the path of the journal in %.64s is too long",
                               dir);
    return TLSAGEN_OK;
}

enum tlsagen_status journal_make_folders(const char *state_dir, struct tlsagen_err *err)
{
    char path[PATH_SIZE];
    int size = snprintf(path, sizeof(path), "%s/publish", state_dir);
    enum tlsagen_status status = file_make_folder(state_dir, 0755, err);
    if (status == TLSAGEN_OK && (size < 0 || size >= PATH_SIZE))
        status = tlsagen_err_set(err, TLSAGEN_E_LIMIT, "the path %.64s is too long", state_dir);
    if (status == TLSAGEN_OK)
        status = file_make_folder(path, 0755, err);
    return status == TLSAGEN_OK ? status
                                : tlsagen_err_prepend(err, "the journal (see --state-dir)");
}

static const char *text_of(const struct tlsagen_buf *buf)
{
    return buf->len == 0 ? "" : buf->data;
}

/* NULL when it is empty, and then the field is left out. */
static const char *optional_text(const struct tlsagen_buf *buf)
{
    return buf->len == 0 ? NULL : buf->data;
}

static char *make_text(const struct journal *journal)
{
    json_t *object =
        json_pack("{s:i, s:s, s:s*, s:s*, s:o*, s:s*, s:s, s:s, s:s, s:s, s:I, s:I, s:I}",
                  "version", VERSION, "phase", phases[journal->phase], "file",
                  optional_text(&journal->file), "server", optional_text(&journal->server), "port",
                  journal->server.len > 0 ? json_integer(journal->port) : NULL, "key_file",
                  optional_text(&journal->key_file), "zone", text_of(&journal->zone), "owner",
                  text_of(&journal->owner), "before", text_of(&journal->before), "after",
                  text_of(&journal->after), "old_serial", (json_int_t)journal->old_serial,
                  "new_serial", (json_int_t)journal->new_serial, "time", (json_int_t)journal->time);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    return text;
}

enum tlsagen_status journal_write(const char *state_dir, const char *owner,
                                  const struct journal *journal, struct tlsagen_err *err)
{
    char path[PATH_SIZE];
    enum tlsagen_status status = journal_make_folders(state_dir, err);
    if (status == TLSAGEN_OK)
        status = make_path(state_dir, owner, path, err);
    if (status != TLSAGEN_OK)
        return status;
    char *text = make_text(journal);
    if (text == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY,
                               "cannot write the journal: out of memory, or a path that is not "
                               "UTF-8");
    status = file_replace(path, ".new", text, strlen(text), NULL, err);
    free(text);
    return status == TLSAGEN_OK ? status : tlsagen_err_prepend(err, "the journal");
}

static bool read_phase(const char *text, enum journal_phase *phase)
{
    for (unsigned i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (strcmp(text, phases[i]) == 0) {
            *phase = (enum journal_phase)i;
            return true;
        }
    }
    return false;
}

/* The fields of a journal as they stand in it; borrowed, NULL when they are left out. */
struct fields {
    const char *phase, *file, *server, *key_file, *zone, *owner, *before, *after;
    json_int_t port, old_serial, new_serial, time;
    int version;
};

static bool unpack(json_t *object, struct fields *fields)
{
    *fields = (struct fields){.version = 0};
    return json_unpack(object, "{s:i, s:s, s?s, s?s, s?I, s?s, s:s, s?s, s:s, s:s, s:I, s:I, s:I}",
                       "version", &fields->version, "phase", &fields->phase, "file", &fields->file,
                       "server", &fields->server, "port", &fields->port, "key_file",
                       &fields->key_file, "zone", &fields->zone, "owner", &fields->owner, "before",
                       &fields->before, "after", &fields->after, "old_serial", &fields->old_serial,
                       "new_serial", &fields->new_serial, "time", &fields->time) == 0;
}

/* Of a zone file, or of an update at a server. */
static bool has_place(const struct fields *fields)
{
    if (fields->server == NULL)
        return fields->file != NULL && fields->file[0] == '/';
    return fields->file == NULL && fields->server[0] != '\0' && fields->port >= 0 &&
           fields->port <= UINT16_MAX && (fields->key_file == NULL || fields->key_file[0] == '/');
}

static bool is_sound(const struct fields *fields)
{
    return has_place(fields) && fields->old_serial >= 0 && fields->old_serial <= UINT32_MAX &&
           fields->new_serial >= 0 && fields->new_serial <= UINT32_MAX && fields->zone[0] != '\0' &&
           (fields->owner == NULL || fields->owner[0] != '\0');
}

static void take_text(struct tlsagen_buf *buf, const char *text)
{
    if (text != NULL)
        tlsagen_buf_str(buf, text);
}

/* Journals of earlier versions have no field owner: it is the one that the file is named after. */
static enum tlsagen_status read_object(json_t *object, const char *path, const char *owner,
                                       struct journal *journal, struct tlsagen_err *err)
{
    struct fields fields;
    if (!unpack(object, &fields))
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: no journal of this program", path);
    if (fields.version != VERSION)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "%s: a journal of version %d, and this program writes %d", path,
                               fields.version, VERSION);
    if (!read_phase(fields.phase, &journal->phase) || !is_sound(&fields))
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: a damaged journal", path);
    take_text(&journal->file, fields.file);
    take_text(&journal->server, fields.server);
    take_text(&journal->key_file, fields.key_file);
    take_text(&journal->zone, fields.zone);
    take_text(&journal->owner, fields.owner != NULL ? fields.owner : owner);
    take_text(&journal->before, fields.before);
    take_text(&journal->after, fields.after);
    journal->port = (uint16_t)fields.port;
    journal->old_serial = (uint32_t)fields.old_serial;
    journal->new_serial = (uint32_t)fields.new_serial;
    journal->time = fields.time;
    return journal_is_whole(journal) ? TLSAGEN_OK
                                     : tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
}

enum tlsagen_status journal_read(const char *state_dir, const char *owner, struct journal *journal,
                                 struct tlsagen_err *err)
{
    char path[PATH_SIZE];
    json_error_t where;
    struct stat st;
    journal_init(journal);
    enum tlsagen_status status = make_path(state_dir, owner, path, err);
    if (status != TLSAGEN_OK)
        return status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "nothing was published for %.300s (no %s)",
                               owner, path);
    if (fd < 0)
        return tlsagen_err_system(err, errno, "cannot read the journal %s", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_READ) {
        (void)close(fd);
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: no journal of this program", path);
    }
    json_t *object = json_loadfd(fd, 0, &where);
    (void)close(fd);
    if (object == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s:%d: %s", path, where.line, where.text);
    status = read_object(object, path, owner, journal, err);
    json_decref(object);
    return status;
}
