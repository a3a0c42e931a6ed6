/* view_words.c - what the table and the exports say alike. */
#include "view.h"

#include <string.h>

void view_add_place(struct tlsagen_buf *text, const struct tlsagen_config_service *service)
{
    const size_t len = strlen(service->host);
    tlsagen_buf_add(text, service->host, len > 1 && service->host[len - 1] == '.' ? len - 1 : len);
    for (size_t i = 0; i < service->port_count; i++)
        tlsagen_buf_printf(text, "%c%u", i == 0 ? ':' : ',', (unsigned)service->ports[i]);
    if (service->proto != TLSAGEN_PROTO_TCP)
        tlsagen_buf_printf(text, "/%s", tlsagen_proto_name(service->proto));
}

void view_add_record(struct tlsagen_buf *text, const struct view_row *row, size_t digits)
{
    const struct tlsagen_rrset *set = &row->status.records;
    if (set->count == 0) {
        tlsagen_buf_char(text, '-');
        return;
    }
    const struct tlsagen_record *first = &set->records[0];
    tlsagen_buf_printf(text, "%u %u %u ", (unsigned)first->fields.usage,
                       (unsigned)first->fields.selector, (unsigned)first->fields.matching);
    tlsagen_buf_hex(text, first->data, first->len < digits / 2 ? first->len : digits / 2);
    if (set->count > 1)
        tlsagen_buf_printf(text, " +%zu", set->count - 1);
}

void view_add_key(struct tlsagen_buf *text, const struct view_row *row)
{
    tlsagen_buf_str(text, row->certificate.keys[0] != '\0' ? row->certificate.keys : "-");
    if (row->readable && row->status.has_next)
        tlsagen_buf_str(text, row->status.next_key ? " +next key" : " +next");
}

const char *view_stage(const struct view_row *row)
{
    return row->readable ? tlsagen_rollover_stage_name(row->status.stage) : "error";
}

const char *view_what(const struct view_row *row)
{
    return (row->marks & VIEW_FAILING) != 0 ? row->problem : row->line.what;
}

int64_t view_days(int64_t when, int64_t now)
{
    const int64_t left = when - now;
    return left >= 0 ? left / 86400 : -((-left + 86399) / 86400);
}
