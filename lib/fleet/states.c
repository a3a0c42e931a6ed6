/*
 * states.c - which services have a rollover's state: the folder is read once, as most have none and
 * looking for each takes as long as reading its certificate.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "work.h"

static const char ending[] = ".state";

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each name without its ending, with a NUL. */
static enum tlsagen_status read_names(struct fleet *fleet, DIR *folder, struct tlsagen_err *err)
{
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(folder)) != NULL) {
        const size_t len = strlen(entry->d_name);
        const size_t base = len > sizeof(ending) - 1 ? len - (sizeof(ending) - 1) : 0;
        if (base == 0 || strcmp(entry->d_name + base, ending) != 0)
            continue;
        tlsagen_buf_add(&fleet->state_names, entry->d_name, base);
        tlsagen_buf_char(&fleet->state_names, '\0');
        fleet->state_count++;
    }
    if (errno != 0)
        return tlsagen_err_system(err, errno, "cannot read the folder %s",
                                  fleet->rollover->home.dir);
    return tlsagen_buf_check(&fleet->state_names, err);
}

static enum tlsagen_status sort_names(struct fleet *fleet, struct tlsagen_err *err)
{
    const char *name = fleet->state_names.data;
    fleet->states = calloc(fleet->state_count + 1, sizeof(*fleet->states));
    if (fleet->states == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < fleet->state_count; i++) {
        fleet->states[i] = name;
        name += strlen(name) + 1;
    }
    if (fleet->state_count > 1)
        qsort(fleet->states, fleet->state_count, sizeof(*fleet->states), by_name);
    return TLSAGEN_OK;
}

enum tlsagen_status states_gather(struct fleet *fleet, struct tlsagen_err *err)
{
    const struct state_home *home = &fleet->rollover->home;
    if (home->dir_fd < 0) /* none was ever made */
        return TLSAGEN_OK;
    const int fd = openat(home->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL) {
        const int error = errno;
        if (fd >= 0)
            (void)close(fd);
        return tlsagen_err_system(err, error, "cannot read the folder %s", home->dir);
    }
    enum tlsagen_status status = read_names(fleet, folder, err);
    (void)closedir(folder);
    return status == TLSAGEN_OK ? sort_names(fleet, err) : status;
}

void states_clear(struct fleet *fleet)
{
    tlsagen_buf_clear(&fleet->state_names);
    free(fleet->states);
    fleet->states = NULL;
    fleet->state_count = 0;
}

bool states_has(const struct fleet *fleet, const char *service)
{
    return fleet->state_count > 0 && bsearch(&service, fleet->states, fleet->state_count,
                                             sizeof(*fleet->states), by_name) != NULL;
}
