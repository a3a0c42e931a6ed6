#include "live_place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static enum tlsagen_status no_memory(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a file name");
}

enum tlsagen_status place_make(const char *live, struct place *place, struct tlsagen_err *err)
{
    *place = (struct place){0};
    const char *slash = strrchr(live, '/');
    if (slash == NULL || slash[1] == '\0' || slash[1] == '.')
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "live \"%s\": give the absolute path of a link, without a final "
                               "slash, whose name does not begin with a dot",
                               live);
    size_t size = strlen(slash) + 2;
    place->live = strdup(live);
    place->folder = strndup(live, slash == live ? 1 : (size_t)(slash - live));
    place->target = malloc(size);
    if (place->live == NULL || place->folder == NULL || place->target == NULL)
        return no_memory(err);
    (void)snprintf(place->target, size, ".%s", slash + 1);
    place->store = file_join(place->folder, place->target);
    return place->store != NULL ? TLSAGEN_OK : no_memory(err);
}

void place_clear(struct place *place)
{
    free(place->live);
    free(place->folder);
    free(place->store);
    free(place->target);
    *place = (struct place){0};
}

bool place_is_version(const char *name)
{
    static const char form[] = "0000-00-00T00-00-00Z-xxxxxxxxxxxxxxxx";
    if (strlen(name) != sizeof(form) - 1)
        return false;
    for (size_t i = 0; name[i] != '\0'; i++) {
        const char *bytes = form[i] == '0' ? "0123456789" : "0123456789abcdef";
        bool any = form[i] == '0' || form[i] == 'x';
        if (any ? strchr(bytes, name[i]) == NULL : name[i] != form[i])
            return false;
    }
    return true;
}

void place_id_digits(const uint8_t id[MODEL_ID], char digits[LIVE_ID_DIGITS + 1])
{
    for (size_t i = 0; i < LIVE_ID_DIGITS / 2; i++)
        (void)snprintf(&digits[2 * i], 3, "%02x", id[i]);
}

/* --- which version --- */

static enum tlsagen_status foreign(const struct place *place, const char *what,
                                   struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s is %s that was not made here: nothing is touched; move it away, or "
                           "give a path as live where nothing is yet, and let the server read "
                           "that: it begins with what stands in source",
                           place->live, what);
}

static bool is_empty(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return false;
    size_t count = 0;
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count <= 2; /* "." and ".." */
}

static enum tlsagen_status look_at_other(const struct place *place, struct tlsagen_err *err)
{
    struct stat st;
    if (lstat(place->live, &st) != 0)
        return tlsagen_err_system(err, errno, "cannot look at %s", place->live);
    if (!S_ISDIR(st.st_mode))
        return foreign(place, "a file", err);
    return is_empty(place->live) ? TLSAGEN_OK : foreign(place, "a folder with files", err);
}

static enum tlsagen_status look_at_link(const struct place *place, const char *text,
                                        char version[LIVE_NAME], struct tlsagen_err *err)
{
    size_t len = strlen(place->target);
    struct stat st;
    if (strncmp(text, place->target, len) != 0 || text[len] != '/' ||
        !place_is_version(text + len + 1))
        return foreign(place, "a link", err);
    (void)snprintf(version, LIVE_NAME, "%s", text + len + 1);
    if (stat(place->live, &st) == 0)
        return TLSAGEN_OK;
    if (errno == ENOENT)
        return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s names version %s, which is gone",
                               place->live, version);
    return tlsagen_err_system(err, errno, "cannot look at %s", place->live);
}

enum tlsagen_status place_look(const struct place *place, char version[LIVE_NAME],
                               struct tlsagen_err *err)
{
    char text[1024];
    version[0] = '\0';
    ssize_t len = readlink(place->live, text, sizeof(text) - 1);
    if (len < 0 && errno == ENOENT)
        return TLSAGEN_OK;
    if (len < 0 && errno == EINVAL)
        return look_at_other(place, err);
    if (len < 0)
        return tlsagen_err_system(err, errno, "cannot read the link %s", place->live);
    text[len] = '\0';
    return look_at_link(place, text, version, err);
}

enum tlsagen_status place_find(const struct place *place, const uint8_t id[MODEL_ID],
                               char version[LIVE_NAME], struct tlsagen_err *err)
{
    char digits[LIVE_ID_DIGITS + 1];
    const struct dirent *entry;
    version[0] = '\0';
    place_id_digits(id, digits);
    DIR *dir = opendir(place->store);
    if (dir == NULL && errno != ENOENT)
        return tlsagen_err_system(err, errno, "cannot read the folder %s", place->store);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (place_is_version(name) && strcmp(name + strlen(name) - LIVE_ID_DIGITS, digits) == 0 &&
            strcmp(name, version) > 0)
            (void)snprintf(version, LIVE_NAME, "%s", name);
    }
    if (dir != NULL)
        (void)closedir(dir);
    if (version[0] != '\0')
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s has no version of %s", place->store,
                           digits);
}

/* --- removing --- */

static bool remove_files(const char *folder)
{
    const struct dirent *entry;
    DIR *dir = opendir(folder);
    bool ok = dir != NULL;
    while (ok && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = unlinkat(dirfd(dir), entry->d_name, 0) == 0;
    }
    int error = errno;
    if (dir != NULL)
        (void)closedir(dir);
    errno = error;
    return ok;
}

enum tlsagen_status place_remove(const struct place *place, const char *name,
                                 struct tlsagen_err *err)
{
    struct stat st;
    char *path = file_join(place->store, name);
    if (path == NULL)
        return no_memory(err);
    bool there = lstat(path, &st) == 0, ok = there || errno == ENOENT;
    if (there && S_ISDIR(st.st_mode))
        ok = remove_files(path) && rmdir(path) == 0;
    else if (there)
        ok = unlink(path) == 0;
    enum tlsagen_status status =
        ok ? TLSAGEN_OK : tlsagen_err_system(err, errno, "cannot remove %s", path);
    free(path);
    return status;
}
