/* view_json.c - how things stand, in JSON. */
#include "view.h"

#include <stdlib.h>

#include "zone.h"

static json_t *certificate_json(const struct view *view, const struct view_row *row)
{
    const struct tlsagen_rollover_certificate *certificate = &row->certificate;
    if (certificate->not_after == 0)
        return json_null();
    return json_pack("{s:s, s:o, s:I, s:s}", "keys", certificate->keys, "not_after",
                     rollover_moment_json(certificate->not_after), "days_left",
                     (json_int_t)view_days(certificate->not_after, view->now), "from",
                     certificate->live ? "live" : "source");
}

static json_t *check_json(const struct view_row *row)
{
    const struct tlsagen_check *check = &row->check;
    if (!row->checked)
        return json_null();
    return json_pack("{s:o, s:s, s:b, s:o, s:o}", "at", rollover_moment_json(check->at), "verdict",
                     tlsagen_verdict_word(check->verdict), "verified",
                     check->verdict == TLSAGEN_VERDICT_VERIFIED, "reason",
                     check->reason[0] != '\0' ? zone_json_text(check->reason) : json_null(),
                     "certificate_not_after", rollover_moment_json(check->not_after));
}

/* The object of `rollover status --json`, and what is known besides. */
static json_t *row_json(const struct view *view, const struct view_row *row)
{
    struct tlsagen_err err = {.code = row->fault};
    (void)snprintf(err.message, sizeof(err.message), "%s", row->problem);
    json_t *object = row->readable ? rollover_json(row->service, &row->status, view->now)
                                   : rollover_json_error(row->service, &err);
    json_t *more =
        json_pack("{s:s, s:b, s:b, s:b, s:o, s:o, s:o}", "zone", row->service->zone->name,
                  "failing", (row->marks & VIEW_FAILING) != 0, "due_now",
                  (row->marks & VIEW_DUE) != 0, "rolling", (row->marks & VIEW_ROLLING) != 0,
                  "problem", row->problem[0] != '\0' ? zone_json_text(row->problem) : json_null(),
                  "certificate", certificate_json(view, row), "check", check_json(row));
    if (object == NULL || more == NULL || json_object_update(object, more) != 0 ||
        (row->readable &&
         json_object_set_new(object, "text", zone_json_text(row->line.what)) != 0)) {
        json_decref(object);
        object = NULL;
    }
    json_decref(more);
    return object;
}

void view_json(const struct view *view, struct tlsagen_buf *text)
{
    json_t *services = json_array();
    for (size_t i = 0; services != NULL && i < view->shown_count; i++) {
        if (json_array_append_new(services, row_json(view, view->shown[i])) != 0) {
            json_decref(services);
            services = NULL;
        }
    }
    json_t *object =
        json_pack("{s:o, s:o}", "at", rollover_moment_json(view->now), "services", services);
    char *words = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    if (words != NULL) {
        tlsagen_buf_str(text, words);
        tlsagen_buf_char(text, '\n');
    } else {
        text->failed = true;
    }
    free(words);
    json_decref(object);
}
