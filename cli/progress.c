#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL 0.2 /* seconds between two looks of the line */
#define CLEAR_LINE "\r\033[K"

static struct timespec now(void)
{
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

static double seconds_between(struct timespec from, struct timespec to)
{
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

void progress_init_beside(struct progress *progress)
{
    const char *terminal = getenv("TERM");
    *progress = (struct progress){.started = now()};
    progress->shown = progress->started;
    progress->wanted =
        isatty(STDERR_FILENO) == 1 && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void progress_init(struct progress *progress)
{
    progress_init_beside(progress);
    progress->wanted = progress->wanted && isatty(STDOUT_FILENO) != 1;
}

void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t part,
                   uint64_t whole)
{
    if (!progress->wanted)
        return;
    struct timespec time = now();
    if (seconds_between(progress->shown, time) < INTERVAL)
        return;
    progress->shown = time;
    progress->visible = true;
    double passed = seconds_between(progress->started, time);
    char left[64] = "";
    if (whole > 0 && part > 0 && part <= whole) {
        double rest = passed * (double)(whole - part) / (double)part + 0.5;
        unsigned long seconds = rest < 1e8 ? (unsigned long)rest : 100000000UL;
        (void)snprintf(left, sizeof(left), ", %.0f %%, %lu:%02lu left",
                       100 * (double)part / (double)whole, seconds / 60, seconds % 60);
    }
    (void)fprintf(stderr, CLEAR_LINE "%llu %s, %.0f/s%s", (unsigned long long)done, what,
                  (double)done / passed, left);
    (void)fflush(stderr);
}

void progress_hide(struct progress *progress)
{
    if (!progress->visible)
        return;
    progress->visible = false;
    (void)fputs(CLEAR_LINE, stderr);
    (void)fflush(stderr);
}
