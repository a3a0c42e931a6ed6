/* rollover_status.c - `tlsagen rollover status`: where each service stands, from the state files.
 */
#include "rollover.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help_text[] =
    "Usage: tlsagen rollover status [OPTIONS] [SERVICE ...]\n\n"
    "Shows where each service stands, what comes next and when. Nobody is asked: what is shown is\n"
    "what the last run left. '*' marks those with something under way.\n\n"
    "Options:\n" ROLLOVER_HELP_CONFIG "      --json         report in JSON\n" ROLLOVER_HELP_HELP;

/* Overdue by so much, the next run is not just about to come. */
#define LATE 3600

struct table {
    const struct rollover_room *room;
    struct rollover_look look;
    int64_t now;
    int name_width;
    struct tlsagen_buf text;
    bool json;
    int code; /* the worst of the services that cannot be read */
};

static const char *time_left(const struct table *table, int64_t next, char text[ROLLOVER_TIME])
{
    char late[ROLLOVER_TIME];
    if (next == 0)
        return "-";
    if (next > table->now)
        return rollover_about(next - table->now, text);
    if (table->now - next < LATE)
        return "now";
    (void)snprintf(text, ROLLOVER_TIME, "late %.20s", rollover_about(table->now - next, late));
    return text;
}

static void add_head(struct table *table)
{
    tlsagen_buf_printf(&table->text, "  %-*s  %-9s  ", table->name_width, "SERVICE", "STAGE");
    if (table->look.terminal)
        tlsagen_buf_printf(&table->text, "%-11s  ", "TIME LINE");
    tlsagen_buf_printf(&table->text, "%-20s  %-8s  %s\n", "NEXT", "LEFT", "WHAT");
}

static size_t columns_before_what(const struct table *table)
{
    return 2 + (size_t)table->name_width + 2 + 9 + 2 + (table->look.terminal ? 13 : 0) + 20 + 2 +
           8 + 2;
}

static void add_row(struct table *table, const char *name,
                    const struct tlsagen_rollover_status *status)
{
    char next[ROLLOVER_TIME], left[ROLLOVER_TIME];
    struct rollover_line line;
    rollover_line_make(&line, status, table->now);
    tlsagen_buf_printf(&table->text, "%c %-*s  %-9s  ", line.under_way ? '*' : ' ',
                       table->name_width, name, tlsagen_rollover_stage_name(status->stage));
    if (table->look.terminal && line.under_way)
        rollover_look_row(&table->text, &table->look, &line);
    if (table->look.terminal)
        tlsagen_buf_printf(&table->text, "%*s", line.under_way ? 2 : 13, "");
    tlsagen_buf_printf(&table->text, "%-20s  %-8s  ", rollover_moment(line.next, next),
                       time_left(table, line.next, left));
    rollover_look_cut(&table->text, &table->look, columns_before_what(table), line.what);
    tlsagen_buf_char(&table->text, '\n');
}

/* Takes a piece of "[\n  {...}\n]" but for the last two bytes, which come behind the last service.
 */
static int take_piece(const char *piece, size_t len, void *arg)
{
    struct tlsagen_buf *text = arg;
    tlsagen_buf_add(text, piece, len);
    return text->failed ? -1 : 0;
}

/* Each service becomes text at once: trees of thousands of them would fill the memory. */
static void add_json(struct table *table, json_t *object)
{
    const bool first = table->text.len == 0;
    const size_t begin = first ? 0 : table->text.len - 2; /* the end of the one before */
    json_t *array = json_pack("[o]", object);
    table->text.len = begin;
    if (array == NULL || json_dump_callback(array, take_piece, &table->text, JSON_INDENT(2)) != 0)
        table->text.failed = true;
    else if (!first)
        table->text.data[begin] = ',';
    json_decref(array);
}

static void take_error(struct table *table, const struct tlsagen_config_service *service,
                       const struct tlsagen_err *err)
{
    const int code = report_err(err);
    table->code = table->code == EXIT_DONE || code == EXIT_FAILED ? code : table->code;
    if (table->json)
        add_json(table, rollover_json_error(service, err));
    else
        tlsagen_buf_printf(&table->text, "! %-*s  error\n", table->name_width, service->name);
}

static void take_service(struct table *table, const struct tlsagen_config_service *service)
{
    struct tlsagen_rollover_status status;
    struct tlsagen_err err;
    if (tlsagen_rollover_status_get(table->room->rollover, service, &status, &err) != TLSAGEN_OK)
        take_error(table, service, &err);
    else if (table->json)
        add_json(table, rollover_json(service, &status, table->now));
    else
        add_row(table, service->name, &status);
    tlsagen_rollover_status_clear(&status);
}

static int name_width(const struct rollover_room *room)
{
    size_t width = strlen("SERVICE");
    for (size_t i = 0; i < room->count; i++) {
        const size_t len = strlen(room->services[i]->name);
        width = len > width ? len : width;
    }
    return (int)width;
}

static int print_table(struct table *table)
{
    struct tlsagen_err err;
    if (tlsagen_buf_check(&table->text, &err) != TLSAGEN_OK)
        return report_err(&err);
    return report_result(table->text.data, table->text.len);
}

static int run(const struct rollover_args *args, const struct rollover_room *room)
{
    struct table table = {
        .room = room,
        .look = rollover_look_now(),
        .now = (int64_t)time(NULL),
        .name_width = name_width(room),
        .json = args->json,
    };
    tlsagen_buf_init(&table.text);
    if (!args->json)
        add_head(&table);
    for (size_t i = 0; i < room->count; i++)
        take_service(&table, room->services[i]);
    if (args->json)
        tlsagen_buf_str(&table.text, table.text.len == 0 ? "[]\n" : "\n");
    const int written = print_table(&table);
    tlsagen_buf_clear(&table.text);
    return written != EXIT_DONE ? written : table.code;
}

const struct rollover_command rollover_status = {
    .name = "status",
    .summary = "show where services stand, what comes next and when",
    .help = help_text,
    .options = ROLLOVER_JSON,
    .services_max = -1,
    .operands = "[SERVICE ...]",
    .run = run,
};
