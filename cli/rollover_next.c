/* rollover_next.c - `tlsagen rollover next-key`: a key before there is a certificate. */
#include "rollover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help_text[] =
    "Usage: tlsagen rollover next-key [OPTIONS] SERVICE\n\n"
    "Makes the next key of the service, unless one is under way, and publishes its record beside "
    "those\n"
    "in use. With --csr also a request for its certificate, for an ACME client that takes one. "
    "Ends\n"
    "without waiting for the other name servers, and tells when the key may be deployed.\n\n"
    "Options:\n" ROLLOVER_HELP_CONFIG "  -n, --dry-run      show what would be done\n"
    "      --csr[=FILE]   the request in PEM, to FILE or standard output\n"
    "      --name NAME    a name in it besides the host; may be given again\n"
    "      --json         report in JSON\n"
    "  -q, --quiet        tell only what stops or fails\n" ROLLOVER_HELP_HELP;

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        len -= (size_t)done;
    }
    return true;
}

/* Beside the file, and then under its name: a request that is cut would be taken for a whole one.
 */
static bool write_beside(const char *temporary, const char *path, const struct tlsagen_buf *csr)
{
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, csr->data, csr->len);
    ok = close(fd) == 0 && ok;
    ok = ok && rename(temporary, path) == 0;
    const int error = errno;
    if (!ok)
        (void)unlink(temporary);
    errno = error;
    return ok;
}

static int write_file(const char *path, const struct tlsagen_buf *csr)
{
    const size_t size = strlen(path) + sizeof(".tmp");
    char *temporary = malloc(size);
    if (temporary == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    (void)snprintf(temporary, size, "%s.tmp", path);
    const bool ok = write_beside(temporary, path, csr);
    if (!ok)
        report_error("cannot write the request to %s: %s", path, strerror(errno));
    free(temporary);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

/* --- what is told --- */

struct next {
    struct rollover_steps steps;
    const struct tlsagen_config_service *service;
};

/*
 * Once its record is in the zone the key is made and announced, which is all that was asked for:
 * what is waited for from there on is told, and holds nothing up. So do services beside it.
 */
static void take(void *arg, const struct tlsagen_rollover_event *event)
{
    struct next *next = arg;
    struct tlsagen_rollover_event told = *event;
    const bool beside = strcmp(event->service, next->service->name) != 0;
    if (told.kind == TLSAGEN_ROLLOVER_HOLD && (beside || told.stage > TLSAGEN_ROLLOVER_STAGED))
        told.kind = TLSAGEN_ROLLOVER_WAIT;
    rollover_steps_take(&next->steps, &told);
}

/* From when on the key may be deployed, as far as that can be told. */
static void tell_when(struct next *next, const struct tlsagen_rollover_status *status)
{
    char text[ROLLOVER_TIME + 96], when[ROLLOVER_TIME];
    struct rollover_waits waits;
    rollover_waits_make(&waits, next->service, status);
    if (status->safe != 0)
        (void)snprintf(text, sizeof(text), "the next key may be deployed from %s on",
                       rollover_moment(status->safe, when));
    else
        (void)snprintf(text, sizeof(text),
                       "the next key may be deployed %s after every name server was seen to have "
                       "its record",
                       rollover_duration(waits.caches, when));
    const struct tlsagen_rollover_event event = {
        .service = next->service->name,
        .kind = TLSAGEN_ROLLOVER_WAIT,
        .text = text,
    };
    rollover_steps_tell(&next->steps, &event);
}

static int print_json(const struct rollover_args *args, const struct rollover_steps *steps,
                      const struct tlsagen_rollover_status *status, const struct tlsagen_buf *csr)
{
    const bool inside = args->csr && args->csr_path == NULL && csr->len > 0;
    return rollover_json_print(json_pack("{s:O, s:o, s:o}", "events", steps->events, "safe_at",
                                         rollover_moment_json(status->safe), "csr",
                                         inside ? json_string(csr->data) : json_null()));
}

static int deliver(const struct rollover_args *args, const struct rollover_room *room,
                   struct next *next, const struct tlsagen_buf *csr)
{
    struct tlsagen_rollover_status status;
    struct tlsagen_err err;
    const bool known =
        tlsagen_rollover_status_get(room->rollover, next->service, &status, &err) == TLSAGEN_OK;
    if (known && status.next_key && status.stage > TLSAGEN_ROLLOVER_STAGED && !args->json)
        tell_when(next, &status);
    int code = EXIT_DONE;
    if (args->csr && args->csr_path != NULL && csr->len > 0)
        code = write_file(args->csr_path, csr);
    else if (args->csr && !args->json)
        code = report_result(csr->data, csr->len);
    if (code == EXIT_DONE && args->json)
        code = print_json(args, &next->steps, &status, csr);
    tlsagen_rollover_status_clear(&status);
    return code;
}

static enum tlsagen_status make(const struct rollover_args *args, const struct rollover_room *room,
                                struct next *next, struct tlsagen_buf *csr, struct tlsagen_err *err)
{
    const char **names = calloc(args->name_count + 1, sizeof(*names));
    if (names == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < args->name_count; i++)
        names[i] = args->names[i];
    const enum tlsagen_status status =
        tlsagen_rollover_next_key(room->rollover, next->service, names, args->name_count,
                                  args->csr ? csr : NULL, take, next, err);
    free(names);
    return status;
}

static int run(const struct rollover_args *args, const struct rollover_room *room)
{
    struct next next = {.service = room->services[0]};
    struct tlsagen_buf csr;
    struct tlsagen_err err;
    if (!rollover_steps_init(&next.steps, args))
        return EXIT_FAILED;
    next.steps.all = !args->quiet;
    next.steps.to_stderr = args->csr && args->csr_path == NULL;
    tlsagen_buf_init(&csr);
    int code = EXIT_FAILED;
    if (make(args, room, &next, &csr, &err) != TLSAGEN_OK) {
        code = report_err(&err);
    } else {
        const int written = deliver(args, room, &next, &csr);
        code = written != EXIT_DONE              ? written
               : next.steps.written != EXIT_DONE ? next.steps.written
                                                 : rollover_steps_code(&next.steps);
    }
    tlsagen_buf_clear(&csr);
    rollover_steps_clear(&next.steps);
    return code;
}

const struct rollover_command rollover_next_key = {
    .name = "next-key",
    .summary = "make the next key now, and publish its record",
    .help = help_text,
    .options = ROLLOVER_DRY_RUN | ROLLOVER_CSR | ROLLOVER_JSON | ROLLOVER_QUIET,
    .services_min = 1,
    .services_max = 1,
    .operands = "SERVICE",
    .run = run,
};
