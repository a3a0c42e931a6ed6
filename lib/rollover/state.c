#include "state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "state_text.h"

#define SUFFIX ".state"
#define SMALL 16384               /* bytes that nearly every state fits into */
#define LARGE (16U * 1024 * 1024) /* more than the longest records take */

void state_init(struct state *state)
{
    *state = (struct state){0};
}

void state_clear(struct state *state)
{
    table_clear(&state->table);
    for (size_t i = 0; i < state->name_count; i++)
        free(state->names[i]);
    state_init(state);
}

/* --- reading --- */

static enum tlsagen_status cannot_open(const char *path, int error, struct tlsagen_err *err)
{
    if (error == ELOOP)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s is a symbolic link; a state file is a file of its own", path);
    return tlsagen_err_system(err, error, "cannot read %s", path);
}

static enum tlsagen_status check_file(const char *path, const struct stat *st,
                                      struct tlsagen_err *err)
{
    if (!S_ISREG(st->st_mode))
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s is no regular file", path);
    if (st->st_size > (off_t)LARGE)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "%s has %lld bytes, more than any state; put back a copy of the "
                               "file, or remove it to begin anew",
                               path, (long long)st->st_size);
    return TLSAGEN_OK;
}

/* Up to size bytes; the file may have changed since its size was looked at. */
static bool read_bytes(int fd, char *bytes, size_t size, size_t *len)
{
    *len = 0;
    while (*len < size) {
        ssize_t got = read(fd, bytes + *len, size - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        *len += (size_t)got;
    }
    return true;
}

static enum tlsagen_status read_open(const struct state_home *home, const char *service, int fd,
                                     const char *path, struct state *state, struct tlsagen_err *err)
{
    char small[SMALL];
    struct stat st;
    size_t len;
    if (fstat(fd, &st) != 0)
        return tlsagen_err_system(err, errno, "cannot look at %s", path);
    enum tlsagen_status status = check_file(path, &st, err);
    if (status != TLSAGEN_OK)
        return status;
    size_t size = (size_t)st.st_size;
    char *bytes = size <= sizeof(small) ? small : malloc(size);
    if (bytes == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for %s", path);
    if (!read_bytes(fd, bytes, size, &len))
        status = tlsagen_err_system(err, errno, "cannot read %s", path);
    else
        status = state_parse(home, service, bytes, len, path, state, err);
    if (bytes != small)
        free(bytes);
    return status;
}

enum tlsagen_status state_read(const struct state_home *home, const char *service,
                               struct state *state, bool *found, struct tlsagen_err *err)
{
    char *path;
    bool ignored;
    found = found != NULL ? found : &ignored;
    *found = false;
    enum tlsagen_status status = state_path(home, service, SUFFIX, &path, err);
    if (status != TLSAGEN_OK)
        return status;
    const char *name = path + strlen(home->dir) + 1;
    int fd = home->dir_fd < 0 ? -1
                              : openat(home->dir_fd, name,
                                       O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (fd >= 0) {
        *found = true;
        status = read_open(home, service, fd, path, state, err);
        (void)close(fd);
    } else if (home->dir_fd >= 0 && errno != ENOENT) {
        status = cannot_open(path, errno, err);
    }
    free(path);
    return status;
}

/* --- writing --- */

enum tlsagen_status state_write(struct state_home *home, const char *service, struct state *state,
                                struct tlsagen_err *err)
{
    char *path = NULL;
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    enum tlsagen_status status = state_path(home, service, SUFFIX, &path, err);
    if (status == TLSAGEN_OK)
        status = state_home_make(home, err);
    if (status == TLSAGEN_OK) {
        state_clock_read(&state->clock);
        state_format(home, service, state, &text);
        status = tlsagen_buf_check(&text, err);
    }
    if (status == TLSAGEN_OK)
        status = file_replace(path, ".new", text.data, text.len, NULL, err);
    tlsagen_buf_clear(&text);
    free(path);
    return status;
}

enum tlsagen_status state_remove(struct state_home *home, const char *service,
                                 struct tlsagen_err *err)
{
    char *path;
    enum tlsagen_status status = state_path(home, service, SUFFIX, &path, err);
    if (status != TLSAGEN_OK)
        return status;
    if (unlink(path) == 0)
        status = file_sync_folder(home->dir, err);
    else if (errno != ENOENT)
        status = tlsagen_err_system(err, errno, "cannot remove %s", path);
    free(path);
    return status;
}

/* --- what is in it --- */

bool state_is_side(const struct model_facts *facts, const uint8_t id[MODEL_ID])
{
    return memcmp(facts->current.id, id, MODEL_ID) == 0 ||
           memcmp(facts->next.id, id, MODEL_ID) == 0;
}

void state_compact(struct state *state)
{
    model_set *sets[STATE_SETS];
    size_t kept = 0;
    state_sets(&state->facts, sets);
    table_compact(&state->table, sets, STATE_SETS);
    for (size_t i = 0; i < state->leaf_count; i++) {
        if (state_is_side(&state->facts, state->leaves[i].side))
            state->leaves[kept++] = state->leaves[i];
    }
    state->leaf_count = kept;
}

void state_add_step(struct state *state, int64_t at, const char *format, ...)
{
    if (state->step_count == STATE_STEPS) {
        state->step_count--;
        memmove(&state->steps[0], &state->steps[1], state->step_count * sizeof(state->steps[0]));
    }
    struct state_step *step = &state->steps[state->step_count++];
    va_list args;
    va_start(args, format);
    if (vsnprintf(step->text, sizeof(step->text), format, args) < 0)
        step->text[0] = '\0';
    va_end(args);
    step->at = at;
    for (char *p = step->text; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    }
}

bool state_has_leaf(const struct state *state, const uint8_t side[MODEL_ID],
                    const uint8_t leaf[MODEL_ID])
{
    for (size_t i = 0; i < state->leaf_count; i++) {
        if (memcmp(state->leaves[i].side, side, MODEL_ID) == 0 &&
            memcmp(state->leaves[i].leaf, leaf, MODEL_ID) == 0)
            return true;
    }
    return false;
}

void state_add_leaf(struct state *state, const uint8_t side[MODEL_ID], const uint8_t leaf[MODEL_ID])
{
    if (state_has_leaf(state, side, leaf))
        return;
    if (state->leaf_count == STATE_LEAVES) {
        state->leaf_count--;
        memmove(&state->leaves[0], &state->leaves[1], state->leaf_count * sizeof(state->leaves[0]));
    }
    struct state_leaf *added = &state->leaves[state->leaf_count++];
    memcpy(added->side, side, MODEL_ID);
    memcpy(added->leaf, leaf, MODEL_ID);
}

bool state_add_name(struct state *state, const char *name, bool *known)
{
    *known = true;
    for (size_t i = 0; i < state->name_count; i++) {
        if (strcasecmp(state->names[i], name) == 0)
            return true;
    }
    *known = false;
    char *copy = state->name_count < STATE_NAMES ? strdup(name) : NULL;
    if (copy != NULL)
        state->names[state->name_count++] = copy;
    return copy != NULL;
}
