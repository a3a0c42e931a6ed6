/* lint.c - the rules of `zone check` for the records found: they are put into a small zone. */
#include <string.h>

#include "verify.h"
#include "zone/lint.h"

/* The zone's text, read as if it were a file. */
struct text {
    const char *bytes;
    size_t len;
    size_t at;
};

static enum tlsagen_status open_text(void *arg, size_t index, const char *path, int *fd,
                                     struct tlsagen_err *err)
{
    struct text *text = arg;
    *fd = -1;
    text->at = 0;
    if (index > 0)
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "no file %s", path);
    return TLSAGEN_OK;
}

static long read_text(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct text *text = arg;
    (void)index, (void)fd;
    size_t left = text->len - text->at;
    len = len < left ? len : left;
    if (len > 0)
        memcpy(bytes, text->bytes + text->at, len);
    text->at += len;
    return (long)len;
}

static void close_text(void *arg, size_t index, int fd)
{
    (void)arg, (void)index, (void)fd;
}

struct telling {
    struct verify *verify;
    struct tlsagen_err *err;
    enum tlsagen_status status;
};

/* Rules are static strings, as warnings have them. */
static void find(void *arg, const struct tlsagen_zone_finding *finding)
{
    struct telling *telling = arg;
    if (telling->status == TLSAGEN_OK)
        telling->status =
            verify_warn(telling->verify, telling->err, finding->rule, "%s", finding->text);
}

/* With an address at the base domain, so that only the records themselves can be at fault. */
static void make_zone(const struct tlsagen_verify_service *service, struct tlsagen_buf *text)
{
    tlsagen_buf_printf(text,
                       "%s 60 IN SOA ns.invalid. nobody.invalid. 1 60 60 60 60\n"
                       "%s 60 IN NS ns.invalid.\n%s 60 IN A 192.0.2.1\n",
                       service->base, service->base, service->base);
    tlsagen_rrset_format(text, TLSAGEN_FORMAT_GENERIC, service->owner, service->ttl, &service->set);
}

enum tlsagen_status verify_lint(struct verify *verify, struct tlsagen_err *err)
{
    const struct tlsagen_verify_service *service = verify->service;
    struct telling telling = {verify, err, TLSAGEN_OK};
    struct tlsagen_zone_verdict verdict;
    struct tlsagen_buf zone;
    tlsagen_buf_init(&zone);
    make_zone(service, &zone);
    enum tlsagen_status status = tlsagen_buf_check(&zone, err);
    if (status == TLSAGEN_OK) {
        struct text text = {zone.data, zone.len, 0};
        const struct walk_source source = {&text, open_text, read_text, close_text};
        status = lint_check("records", service->base, &source, find, &telling, &verdict, err);
    }
    tlsagen_buf_clear(&zone);
    return status == TLSAGEN_OK ? telling.status : status;
}
