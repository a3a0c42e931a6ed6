#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "live_place.h"

static enum tlsagen_status no_memory(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a file name");
}

enum tlsagen_status live_look(const char *live, char version[LIVE_NAME], struct tlsagen_err *err)
{
    struct place place;
    version[0] = '\0';
    enum tlsagen_status status = place_make(live, &place, err);
    if (status == TLSAGEN_OK)
        status = place_look(&place, version, err);
    place_clear(&place);
    return status;
}

enum tlsagen_status live_find(const char *live, const uint8_t id[MODEL_ID], char version[LIVE_NAME],
                              struct tlsagen_err *err)
{
    struct place place;
    version[0] = '\0';
    enum tlsagen_status status = place_make(live, &place, err);
    if (status == TLSAGEN_OK)
        status = place_find(&place, id, version, err);
    place_clear(&place);
    return status;
}

/* --- switching --- */

static enum tlsagen_status check_version(const struct place *place, const char *version,
                                         struct tlsagen_err *err)
{
    struct stat st;
    char *path = file_join(place->store, version);
    if (path == NULL)
        return no_memory(err);
    bool is = place_is_version(version) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    free(path);
    return is ? TLSAGEN_OK
              : tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s has no version %.64s", place->store,
                                version);
}

/* The link is made in the store, where a killed run's is looked for, and takes its place at once.
 */
static enum tlsagen_status put_link(const struct place *place, const char *version,
                                    struct tlsagen_err *err)
{
    char *link = file_join(place->store, LIVE_LINK);
    char *text = file_join(place->target, version);
    enum tlsagen_status status = TLSAGEN_OK;
    if (link == NULL || text == NULL) {
        status = no_memory(err);
    } else if (symlink(text, link) != 0 || rename(link, place->live) != 0) {
        status = tlsagen_err_system(err, errno, "cannot make %s a link to %s", place->live, text);
        (void)unlink(link);
    }
    free(link);
    free(text);
    return status == TLSAGEN_OK ? file_sync_folder(place->folder, err) : status;
}

static enum tlsagen_status switch_to(const struct place *place, const char *version,
                                     struct tlsagen_err *err)
{
    char now[LIVE_NAME];
    enum tlsagen_status status = place_look(place, now, err);
    if (status == TLSAGEN_OK && strcmp(now, version) == 0)
        return TLSAGEN_OK;
    if (status == TLSAGEN_E_NOTFOUND)
        status = TLSAGEN_OK; /* whatever was there serves nobody */
    if (status == TLSAGEN_OK)
        status = check_version(place, version, err);
    if (status == TLSAGEN_OK)
        status = place_remove(place, LIVE_LINK, err);
    if (status != TLSAGEN_OK)
        return status;
    /* An empty folder was found where the link is to be. */
    if (now[0] == '\0' && rmdir(place->live) != 0 && errno != ENOENT && errno != ENOTDIR)
        return tlsagen_err_system(err, errno, "cannot put a link in the place of %s", place->live);
    return put_link(place, version, err);
}

enum tlsagen_status live_switch(const char *live, const char *version, struct tlsagen_err *err)
{
    struct place place;
    enum tlsagen_status status = place_make(live, &place, err);
    if (status == TLSAGEN_OK)
        status = switch_to(&place, version, err);
    place_clear(&place);
    return status;
}

/* --- reading --- */

static int is_combined(const struct dirent *entry)
{
    static const char first[] = "combined", last[] = ".pem";
    size_t len = strlen(entry->d_name);
    return len >= sizeof(first) + sizeof(last) - 2 &&
           strncmp(entry->d_name, first, sizeof(first) - 1) == 0 &&
           strcmp(entry->d_name + len - sizeof(last) + 1, last) == 0;
}

/* "combined.pem" before "combined-rsa.pem": the first pair is the one without a kind. */
static int by_pair(const struct dirent **a, const struct dirent **b)
{
    size_t x = strlen((*a)->d_name), y = strlen((*b)->d_name);
    return x != y && (x == 12 || y == 12) ? (x < y ? -1 : 1) : strcmp((*a)->d_name, (*b)->d_name);
}

static enum tlsagen_status read_combined(struct tlsagen_ctx *ctx, const char *folder,
                                         struct dirent **entries, size_t count,
                                         struct source_ask *ask, struct source *source,
                                         struct tlsagen_err *err)
{
    char *paths[MODEL_CHAINS] = {NULL};
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        paths[i] = file_join(folder, entries[i]->d_name);
        ok = ok && paths[i] != NULL;
    }
    const char *borrowed[MODEL_CHAINS];
    memcpy(borrowed, paths, sizeof(borrowed));
    ask->paths = borrowed;
    ask->path_count = count;
    enum tlsagen_status status = ok ? source_read(ctx, ask, source, err) : no_memory(err);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    return status;
}

static enum tlsagen_status read_version(struct tlsagen_ctx *ctx, const char *folder,
                                        struct source_ask *ask, struct source *source,
                                        struct tlsagen_err *err)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_combined, by_pair);
    if (count < 0)
        return tlsagen_err_system(err, errno, "cannot read the folder %s", folder);
    enum tlsagen_status status;
    if (count > MODEL_CHAINS)
        status =
            tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s: more than %d pairs", folder, MODEL_CHAINS);
    else
        status = read_combined(ctx, folder, entries, (size_t)count, ask, source, err);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return status;
}

enum tlsagen_status live_read(struct tlsagen_ctx *ctx, const char *live, const char *version,
                              const char *host, int64_t now, struct source *source,
                              struct tlsagen_err *err)
{
    struct place place;
    char *folder = NULL;
    struct source_ask ask = {.host = host, .need_key = true, .now = now};
    enum tlsagen_status status = place_make(live, &place, err);
    if (status == TLSAGEN_OK)
        status = check_version(&place, version, err);
    if (status == TLSAGEN_OK) {
        folder = file_join(place.store, version);
        status = folder != NULL ? read_version(ctx, folder, &ask, source, err) : no_memory(err);
    }
    free(folder);
    place_clear(&place);
    return status;
}

/* --- cleaning --- */

static int is_version(const struct dirent *entry)
{
    return place_is_version(entry->d_name);
}

static bool is_kept(const char *name, const char *live, const uint8_t (*ids)[MODEL_ID],
                    size_t count)
{
    char digits[LIVE_ID_DIGITS + 1];
    if (strcmp(name, live) == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        place_id_digits(ids[i], digits);
        if (strcmp(name + strlen(name) - LIVE_ID_DIGITS, digits) == 0)
            return true;
    }
    return false;
}

/* First out of its name: what has the name of a version is complete. */
static enum tlsagen_status remove_version(const struct place *place, const char *name,
                                          struct tlsagen_err *err)
{
    char *from = file_join(place->store, name), *to = file_join(place->store, LIVE_GONE);
    enum tlsagen_status status = TLSAGEN_OK;
    if (from == NULL || to == NULL)
        status = no_memory(err);
    else if (rename(from, to) != 0)
        status = tlsagen_err_system(err, errno, "cannot remove %s", from);
    else
        status = place_remove(place, LIVE_GONE, err);
    free(from);
    free(to);
    return status;
}

static enum tlsagen_status remove_versions(const struct place *place, const char *live,
                                           const uint8_t (*ids)[MODEL_ID], size_t id_count,
                                           struct tlsagen_err *err)
{
    struct dirent **entries;
    int count = scandir(place->store, &entries, is_version, alphasort);
    if (count < 0)
        return errno == ENOENT
                   ? TLSAGEN_OK
                   : tlsagen_err_system(err, errno, "cannot read the folder %s", place->store);
    enum tlsagen_status status = TLSAGEN_OK;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (i < count - LIVE_KEEP && status == TLSAGEN_OK && !is_kept(name, live, ids, id_count))
            status = remove_version(place, name, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum tlsagen_status live_clean(const char *live, const uint8_t (*ids)[MODEL_ID], size_t count,
                               struct tlsagen_err *err)
{
    static const char *const litter[] = {LIVE_NEW, LIVE_LINK, LIVE_GONE};
    struct place place;
    char version[LIVE_NAME];
    enum tlsagen_status status = place_make(live, &place, err);
    if (status == TLSAGEN_OK)
        status = place_look(&place, version, err);
    for (size_t i = 0; i < sizeof(litter) / sizeof(litter[0]) && status == TLSAGEN_OK; i++)
        status = place_remove(&place, litter[i], err);
    if (status == TLSAGEN_OK)
        status = remove_versions(&place, version, ids, count, err);
    place_clear(&place);
    return status;
}
