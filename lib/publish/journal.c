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
    tlsagen_buf_clear(&journal->zone);
    tlsagen_buf_clear(&journal->owner);
    tlsagen_buf_clear(&journal->before);
    tlsagen_buf_clear(&journal->after);
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

static char *make_text(const struct journal *journal)
{
    json_t *object = json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "version", VERSION, "phase",
        phases[journal->phase], "file", text_of(&journal->file), "zone", text_of(&journal->zone),
        "owner", text_of(&journal->owner), "before", text_of(&journal->before), "after",
        text_of(&journal->after), "old_serial", (json_int_t)journal->old_serial, "new_serial",
        (json_int_t)journal->new_serial, "time", (json_int_t)journal->time);
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

static enum tlsagen_status read_object(json_t *object, const char *path, struct journal *journal,
                                       struct tlsagen_err *err)
{
    const char *phase, *file, *zone, *owner, *before, *after;
    json_int_t old_serial, new_serial, time;
    int version;
    if (json_unpack(object, "{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "version",
                    &version, "phase", &phase, "file", &file, "zone", &zone, "owner", &owner,
                    "before", &before, "after", &after, "old_serial", &old_serial, "new_serial",
                    &new_serial, "time", &time) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: no journal of this program", path);
    if (version != VERSION)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "%s: a journal of version %d, and this program writes %d", path,
                               version, VERSION);
    if (!read_phase(phase, &journal->phase) || old_serial < 0 || old_serial > UINT32_MAX ||
        new_serial < 0 || new_serial > UINT32_MAX || file[0] != '/' || zone[0] == '\0' ||
        owner[0] == '\0')
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: a damaged journal", path);
    tlsagen_buf_str(&journal->file, file);
    tlsagen_buf_str(&journal->zone, zone);
    tlsagen_buf_str(&journal->owner, owner);
    tlsagen_buf_str(&journal->before, before);
    tlsagen_buf_str(&journal->after, after);
    journal->old_serial = (uint32_t)old_serial;
    journal->new_serial = (uint32_t)new_serial;
    journal->time = time;
    bool failed = journal->file.failed || journal->zone.failed || journal->owner.failed ||
                  journal->before.failed || journal->after.failed;
    return failed ? tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory") : TLSAGEN_OK;
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
    status = read_object(object, path, journal, err);
    json_decref(object);
    return status;
}
