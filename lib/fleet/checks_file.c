/* checks_file.c - the checks in their file. */
#include "checks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <tlsagen/input.h>

#include "base/file.h"

#define LOCK_MS 10000U
#define WORD 256 /* bytes of the longest word, a service's name, NUL included */

/* --- reading --- */

struct reader {
    const char *at;
    const char *end;
    const char *label;
    unsigned line;
    struct tlsagen_err *err;
};

static enum tlsagen_status bad(const struct reader *reader, const char *what)
{
    return tlsagen_err_set(reader->err, TLSAGEN_E_SYNTAX,
                           "%s:%u: %s; the next `tlsagen status --live` makes the file anew",
                           reader->label, reader->line, what);
}

/* The next line without its end; a last line without one is no line. */
static bool next_line(struct reader *reader, const char **line, size_t *len)
{
    reader->line++;
    const size_t left = (size_t)(reader->end - reader->at);
    const char *lf = left > 0 ? memchr(reader->at, '\n', left) : NULL;
    if (lf == NULL)
        return false;
    *line = reader->at;
    *len = (size_t)(lf - reader->at);
    reader->at = lf + 1;
    return true;
}

static bool is_line(const char *line, size_t len, const char *text)
{
    return strlen(text) == len && memcmp(line, text, len) == 0;
}

/* Takes a word of a line, and the blank behind it. */
static bool take_word(const char **line, size_t *len, char word[WORD])
{
    const char *blank = *len > 0 ? memchr(*line, ' ', *len) : NULL;
    const size_t size = blank != NULL ? (size_t)(blank - *line) : *len;
    if (size == 0 || size >= WORD || memchr(*line, '\0', size) != NULL)
        return false;
    memcpy(word, *line, size);
    word[size] = '\0';
    *line += size + (blank != NULL);
    *len -= size + (blank != NULL);
    return true;
}

static bool take_time(const char **line, size_t *len, int64_t *time)
{
    char word[WORD];
    uint64_t number;
    if (!take_word(line, len, word) ||
        tlsagen_number_parse(word, "time", 0, INT64_MAX, &number, NULL) != TLSAGEN_OK)
        return false;
    *time = (int64_t)number;
    return true;
}

static bool take_verdict(const char **line, size_t *len, enum tlsagen_verdict *verdict)
{
    char word[WORD];
    if (!take_word(line, len, word))
        return false;
    for (unsigned i = 0; i < TLSAGEN_VERDICT_COUNT; i++) {
        if (strcmp(tlsagen_verdict_word((enum tlsagen_verdict)i), word) == 0) {
            *verdict = (enum tlsagen_verdict)i;
            return true;
        }
    }
    return false;
}

static enum tlsagen_status take_check(const struct reader *reader, struct tlsagen_checks *checks,
                                      const char *line, size_t len)
{
    struct tlsagen_check check = {.reason = ""};
    char service[WORD], reason[CHECKS_REASON];
    if (!take_word(&line, &len, service) || !take_time(&line, &len, &check.at) ||
        !take_verdict(&line, &len, &check.verdict) || !take_time(&line, &len, &check.not_after) ||
        len >= sizeof(reason) || memchr(line, '\0', len) != NULL)
        return bad(reader, "no check");
    memcpy(reason, line, len);
    reason[len] = '\0';
    check.reason = reason;
    return tlsagen_checks_add(checks, service, &check, reader->err);
}

static enum tlsagen_status take_version(struct reader *reader)
{
    static const char first[] = "tlsagen-checks ";
    const char *line = "";
    size_t len = 0;
    char word[WORD];
    uint64_t version;
    if (!next_line(reader, &line, &len) || len < sizeof(first) ||
        memcmp(line, first, sizeof(first) - 1) != 0)
        return bad(reader, "no file with checks of tlsagen");
    line += sizeof(first) - 1;
    len -= sizeof(first) - 1;
    if (!take_word(&line, &len, word) || len > 0 ||
        tlsagen_number_parse(word, "version", 1, UINT32_MAX, &version, NULL) != TLSAGEN_OK)
        return bad(reader, "no version");
    if (version > CHECKS_VERSION)
        return tlsagen_err_set(reader->err, TLSAGEN_E_KIND,
                               "%s:1: written by a newer version of tlsagen (format %llu)",
                               reader->label, (unsigned long long)version);
    return TLSAGEN_OK;
}

enum tlsagen_status checks_parse(struct tlsagen_checks *checks, const char *text, size_t len,
                                 const char *label, struct tlsagen_err *err)
{
    struct reader reader = {.at = text, .end = text + len, .label = label, .err = err};
    const char *line;
    size_t line_len;
    enum tlsagen_status status = take_version(&reader);
    while (status == TLSAGEN_OK) {
        if (!next_line(&reader, &line, &line_len))
            return bad(&reader, "the file is truncated");
        if (is_line(line, line_len, "end"))
            break;
        status = take_check(&reader, checks, line, line_len);
    }
    if (status == TLSAGEN_OK && reader.at != reader.end)
        status = bad(&reader, "something follows the end");
    checks_sort(checks);
    return status;
}

static char *join(const char *folder, const char *name)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL)
        (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static enum tlsagen_status read_file(struct tlsagen_checks *checks, const char *path,
                                     struct tlsagen_err *err)
{
    struct tlsagen_buf text;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return TLSAGEN_OK;
    tlsagen_buf_init(&text);
    enum tlsagen_status status = tlsagen_input_read(path, &text, err);
    if (status == TLSAGEN_OK)
        status = checks_parse(checks, text.data != NULL ? text.data : "", text.len, path, err);
    tlsagen_buf_clear(&text);
    if (status != TLSAGEN_OK)
        checks_reset(checks);
    return status;
}

enum tlsagen_status tlsagen_checks_read(const char *state_dir, struct tlsagen_checks **checks,
                                        struct tlsagen_err *err)
{
    struct tlsagen_checks *made = calloc(1, sizeof(*made));
    char *path = join(state_dir, "checks");
    *checks = NULL;
    if (made == NULL || path == NULL) {
        free(made);
        free(path);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for checks");
    }
    made->sorted = true;
    const enum tlsagen_status status = read_file(made, path, err);
    free(path);
    if (status == TLSAGEN_E_MEMORY)
        tlsagen_checks_free(made);
    else
        *checks = made;
    return status;
}

/* --- writing --- */

static void format_one(const struct checks_entry *entry, struct tlsagen_buf *text)
{
    const struct tlsagen_check *check = &entry->check;
    tlsagen_buf_printf(text, "%s %lld %s %lld", entry->service, (long long)check->at,
                       tlsagen_verdict_word(check->verdict), (long long)check->not_after);
    if (check->reason[0] != '\0')
        tlsagen_buf_printf(text, " %s", check->reason);
    tlsagen_buf_char(text, '\n');
}

void checks_format(const struct tlsagen_checks *checks, const struct tlsagen_config *config,
                   struct tlsagen_buf *text)
{
    tlsagen_buf_printf(text, "tlsagen-checks %d\n", CHECKS_VERSION);
    for (size_t i = 0; i < checks->count; i++) {
        const struct checks_entry *entry = &checks->entries[i];
        if (config == NULL || tlsagen_config_service(config, entry->service) != NULL)
            format_one(entry, text);
    }
    tlsagen_buf_str(text, "end\n");
}

/* What others wrote since; a file that cannot be read is worth nothing. */
static enum tlsagen_status take_others(struct tlsagen_checks *checks, const char *state_dir,
                                       struct tlsagen_err *err)
{
    struct tlsagen_checks *others;
    enum tlsagen_status status = tlsagen_checks_read(state_dir, &others, err);
    if (others == NULL)
        return status;
    status = TLSAGEN_OK;
    for (size_t i = 0; i < others->count && status == TLSAGEN_OK; i++)
        status =
            tlsagen_checks_add(checks, others->entries[i].service, &others->entries[i].check, err);
    tlsagen_checks_free(others);
    checks_sort(checks);
    return status;
}

static enum tlsagen_status write_locked(struct tlsagen_checks *checks,
                                        const struct tlsagen_config *config, const char *path,
                                        struct tlsagen_err *err)
{
    struct tlsagen_buf text;
    enum tlsagen_status status = take_others(checks, config->state_dir, err);
    tlsagen_buf_init(&text);
    if (status == TLSAGEN_OK) {
        checks_format(checks, config, &text);
        status = tlsagen_buf_check(&text, err);
    }
    if (status == TLSAGEN_OK)
        status = file_replace(path, ".new", text.data, text.len, NULL, err);
    tlsagen_buf_clear(&text);
    return status;
}

enum tlsagen_status tlsagen_checks_write(struct tlsagen_checks *checks,
                                         const struct tlsagen_config *config,
                                         struct tlsagen_err *err)
{
    char *path = join(config->state_dir, "checks"), *lock = join(config->state_dir, "checks.lock");
    int fd = -1;
    enum tlsagen_status status =
        path != NULL && lock != NULL
            ? file_make_folder(config->state_dir, 0755, err)
            : tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for checks");
    if (status == TLSAGEN_OK)
        status = file_lock(lock, LOCK_MS, &fd, err);
    if (status == TLSAGEN_OK)
        status = write_locked(checks, config, path, err);
    if (fd >= 0)
        (void)close(fd);
    free(path);
    free(lock);
    return status;
}
