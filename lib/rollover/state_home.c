/* state_home.c - where state is kept, whose it is, and who is at it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/file.h"
#include "state.h"

#define ID_BYTES ((STATE_HOST - 1) / 2) /* of a host's digest */

/* The first line of a small file of the system; false when there is none. */
static bool read_line(const char *path, char *line, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool ok = fgets(line, (int)size, file) != NULL;
    (void)fclose(file);
    if (ok)
        line[strcspn(line, "\r\n")] = '\0';
    return ok && line[0] != '\0';
}

/* A machine's id is not to be told to others (machine-id(5)), so that a digest of it stands here.
 */
static enum tlsagen_status find_host(struct state_home *home, struct tlsagen_err *err)
{
    char id[256], salted[300];
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    if (gethostname(home->host_name, sizeof(home->host_name)) != 0)
        return tlsagen_err_system(err, errno, "cannot tell this host's name");
    home->host_name[sizeof(home->host_name) - 1] = '\0';
    for (char *p = home->host_name; *p != '\0'; p++) {
        if (!isalnum((unsigned char)*p) && strchr("-_.", *p) == NULL)
            *p = '?';
    }
    if ((!read_line("/etc/machine-id", id, sizeof(id)) || strcmp(id, "uninitialized") == 0) &&
        !read_line("/var/lib/dbus/machine-id", id, sizeof(id)))
        (void)snprintf(id, sizeof(id), "%s", home->host_name);
    (void)snprintf(salted, sizeof(salted), "tlsagen rollover %s", id);
    if (EVP_Q_digest(NULL, "SHA256", NULL, salted, strlen(salted), digest, &len) != 1 ||
        len < ID_BYTES)
        return tlsagen_err_set(err, TLSAGEN_E_CRYPTO, "no SHA-256 in libcrypto");
    for (size_t i = 0; i < ID_BYTES; i++)
        (void)snprintf(&home->host[2 * i], 3, "%02x", digest[i]);
    return TLSAGEN_OK;
}

static enum tlsagen_status open_folder(struct state_home *home, struct tlsagen_err *err)
{
    home->dir_fd = open(home->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (home->dir_fd >= 0 || errno == ENOENT)
        return TLSAGEN_OK;
    if (errno == ENOTDIR)
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s is no folder; states are kept in it",
                               home->dir);
    return tlsagen_err_system(err, errno, "cannot open the folder %s", home->dir);
}

enum tlsagen_status state_home_open(const char *state_dir, struct state_home *home,
                                    struct tlsagen_err *err)
{
    size_t size = strlen(state_dir) + sizeof("/rollover");
    *home = (struct state_home){.dir = malloc(size), .dir_fd = -1};
    if (home->dir == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a file name");
    (void)snprintf(home->dir, size, "%s/rollover", state_dir);
    enum tlsagen_status status = find_host(home, err);
    if (status == TLSAGEN_OK)
        status = open_folder(home, err);
    if (status != TLSAGEN_OK)
        state_home_close(home);
    return status;
}

void state_home_close(struct state_home *home)
{
    if (home->dir_fd >= 0)
        (void)close(home->dir_fd);
    free(home->dir);
    *home = (struct state_home){.dir_fd = -1};
}

enum tlsagen_status state_home_make(struct state_home *home, struct tlsagen_err *err)
{
    if (home->dir_fd >= 0)
        return TLSAGEN_OK;
    char *slash = strrchr(home->dir, '/'); /* of "/rollover" */
    enum tlsagen_status status = TLSAGEN_OK;
    *slash = '\0';
    if (slash != home->dir)
        status = file_make_folder(home->dir, 0755, err);
    *slash = '/';
    if (status == TLSAGEN_OK)
        status = file_make_folder(home->dir, 0755, err);
    return status == TLSAGEN_OK ? open_folder(home, err) : status;
}

static bool is_name(const char *service)
{
    static const char bytes[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@";
    size_t len = strlen(service);
    return len > 0 && len < STATE_SERVICE && service[0] != '.' && strspn(service, bytes) == len;
}

enum tlsagen_status state_path(const struct state_home *home, const char *service,
                               const char *suffix, char **path, struct tlsagen_err *err)
{
    *path = NULL;
    if (!is_name(service))
        return tlsagen_err_set(
            err, TLSAGEN_E_ARGUMENT,
            "\"%.64s\" is no name of a service: letters, digits and \"-_.@\", no "
            "dot first, less than %d",
            service, STATE_SERVICE);
    size_t size = strlen(home->dir) + strlen(service) + strlen(suffix) + 2;
    *path = malloc(size);
    if (*path == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a file name");
    (void)snprintf(*path, size, "%s/%s%s", home->dir, service, suffix);
    return TLSAGEN_OK;
}

enum tlsagen_status state_lock(struct state_home *home, const char *service, uint32_t wait_ms,
                               int *lock, struct tlsagen_err *err)
{
    char *path = NULL;
    *lock = -1;
    enum tlsagen_status status = state_home_make(home, err);
    if (status == TLSAGEN_OK && service != NULL)
        status = state_path(home, service, ".lock", &path, err);
    if (status == TLSAGEN_OK && service == NULL) {
        size_t size = strlen(home->dir) + sizeof("/.lock");
        path = malloc(size);
        if (path == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a file name");
        (void)snprintf(path, size, "%s/.lock", home->dir);
    }
    if (status == TLSAGEN_OK)
        status = file_lock(path, wait_ms, lock, err);
    free(path);
    return status;
}

void state_unlock(int lock)
{
    if (lock >= 0)
        (void)close(lock);
}

#ifdef CLOCK_BOOTTIME
#define SINCE_BOOT CLOCK_BOOTTIME
#else
#define SINCE_BOOT CLOCK_MONOTONIC
#endif

#define CLOCK_TRIES 8
#define CLOCK_APART 50 /* milliseconds between two readings that belong together */

static int64_t milliseconds(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now); /* fails for an unknown clock only */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void state_clock_read(struct state_clock *clock)
{
    char boot[STATE_BOOT];
    int64_t before = 0, day = 0, after = 0;
    /* On a busy machine much time may pass between two readings, which is no step of a clock. */
    for (int i = 0; i < CLOCK_TRIES; i++) {
        before = milliseconds(SINCE_BOOT);
        day = milliseconds(CLOCK_REALTIME);
        after = milliseconds(SINCE_BOOT);
        if (after - before < CLOCK_APART)
            break;
    }
    *clock = (struct state_clock){.offset_ms = day - before - (after - before) / 2};
    if (read_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)) &&
        strchr(boot, ' ') == NULL)
        memcpy(clock->boot, boot, sizeof(boot));
}

int64_t state_clock_step(const struct state_clock *then, const struct state_clock *now)
{
    if (then->boot[0] == '\0' || strcmp(then->boot, now->boot) != 0)
        return 0;
    return (now->offset_ms - then->offset_ms) / 1000;
}
