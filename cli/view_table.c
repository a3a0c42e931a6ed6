/* view_table.c - how things stand, as a table that fits the terminal. */
#include "view.h"

#include <string.h>

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

#define GAP 2     /* columns between two */
#define MARK 2    /* columns of the mark at the beginning */
#define DIGITS 8  /* of a record's data */
#define LATE 3600 /* overdue by so many seconds, the next run is not just about to come */

enum column { SERVICE, PLACE, RECORD, KEY, STAGE, EXPIRES, CHECKED, NEXT, LEFT, WHAT, COLUMNS };

static const char *const heads[COLUMNS] = {"SERVICE", "HOST:PORTS", "RECORD", "KEY",  "STAGE",
                                           "EXPIRES", "CHECKED",    "NEXT",   "LEFT", "WHAT"};

/* What a narrow terminal shows, the first first, each in so many columns at least; 0: all of it. */
static const struct {
    enum column column;
    size_t least;
} wishes[COLUMNS] = {
    {SERVICE, 12}, {STAGE, 0}, {LEFT, 0}, {EXPIRES, 0}, {CHECKED, 0},
    {WHAT, 20},    {NEXT, 0},  {KEY, 0},  {PLACE, 20},  {RECORD, 0},
};

struct table {
    const struct view *view;
    struct rollover_look look;
    size_t width[COLUMNS]; /* 0: left out */
    struct tlsagen_buf cell;
};

/* --- cells --- */

static void add_left(struct table *table, const struct view_row *row)
{
    char text[ROLLOVER_TIME];
    const int64_t next = row->line.next, now = table->view->now;
    if (!row->readable || next == 0)
        tlsagen_buf_char(&table->cell, '-');
    else if (next > now)
        tlsagen_buf_str(&table->cell, rollover_about(next - now, text));
    else if (now - next < LATE)
        tlsagen_buf_str(&table->cell, "now");
    else
        tlsagen_buf_printf(&table->cell, "late %s", rollover_about(now - next, text));
}

static void add_expiry(struct table *table, const struct view_row *row)
{
    const int64_t end = row->certificate.not_after, now = table->view->now;
    if (end == 0)
        tlsagen_buf_char(&table->cell, '-');
    else if (end < now)
        tlsagen_buf_str(&table->cell, "expired");
    else
        tlsagen_buf_printf(&table->cell, "%lld d", (long long)view_days(end, now));
}

static void add_check(struct table *table, const struct view_row *row)
{
    char text[ROLLOVER_TIME];
    if (!row->checked)
        tlsagen_buf_char(&table->cell, '-');
    else
        tlsagen_buf_printf(&table->cell, "%s %s", tlsagen_verdict_word(row->check.verdict),
                           rollover_about(table->view->now - row->check.at, text));
}

/* The text of a cell, in table->cell; without control bytes. */
static const char *cell(struct table *table, const struct view_row *row, enum column column)
{
    char moment[ROLLOVER_TIME];
    struct tlsagen_buf *text = &table->cell;
    tlsagen_buf_reset(text);
    tlsagen_buf_str(text, "");
    if (column == SERVICE)
        tlsagen_buf_str(text, row->service->name);
    else if (column == PLACE)
        view_add_place(text, row->service);
    else if (column == RECORD)
        view_add_record(text, row, DIGITS);
    else if (column == KEY)
        view_add_key(text, row);
    else if (column == STAGE)
        tlsagen_buf_str(text, view_stage(row));
    else if (column == EXPIRES)
        add_expiry(table, row);
    else if (column == CHECKED)
        add_check(table, row);
    else if (column == NEXT)
        tlsagen_buf_str(text, rollover_moment(row->readable ? row->line.next : 0, moment));
    else if (column == LEFT)
        add_left(table, row);
    else
        tlsagen_buf_str(text, view_what(row));
    return text->failed ? "?" : text->data;
}

static const char *colour_of(const struct table *table, const struct view_row *row,
                             enum column column)
{
    const int64_t end = row->certificate.not_after, now = table->view->now;
    if (!table->look.colour)
        return "";
    if (column == STAGE || column == WHAT || column == LEFT)
        return (row->marks & VIEW_FAILING) != 0   ? RED
               : (row->marks & VIEW_ROLLING) != 0 ? YELLOW
                                                  : "";
    if (column == EXPIRES && end != 0)
        return end < now ? RED : end - now < VIEW_SOON ? YELLOW : "";
    if (column == CHECKED && row->checked)
        return row->check.verdict == TLSAGEN_VERDICT_VERIFIED ? GREEN : RED;
    return "";
}

/* --- widths --- */

static void widen(struct table *table, enum column column, const char *text)
{
    const size_t columns = rollover_look_columns(text);
    if (columns > table->width[column])
        table->width[column] = columns;
}

/* Column after column is let in as narrow as it may be; what is left over then widens them. */
static void fit(struct table *table)
{
    size_t wanted[COLUMNS], left = table->look.width - MARK + GAP;
    if (table->look.width == 0)
        return;
    memcpy(wanted, table->width, sizeof(wanted));
    for (size_t i = 0; i < COLUMNS; i++) {
        const enum column column = wishes[i].column;
        const size_t least = wishes[i].least;
        const size_t width = least > 0 && least < wanted[column] ? least : wanted[column];
        table->width[column] = width + GAP <= left ? width : 0;
        left -= table->width[column] > 0 ? width + GAP : 0;
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t *width = &table->width[wishes[i].column];
        const size_t more = wanted[wishes[i].column] - *width;
        const size_t given = more < left ? more : left;
        *width += *width > 0 ? given : 0;
        left -= *width > 0 ? given : 0;
    }
}

static void measure(struct table *table)
{
    for (size_t i = 0; i < COLUMNS; i++)
        widen(table, (enum column)i, heads[i]);
    for (size_t r = 0; r < table->view->shown_count; r++) {
        for (size_t i = 0; i < COLUMNS; i++)
            widen(table, (enum column)i, cell(table, table->view->shown[r], (enum column)i));
    }
    fit(table);
}

/* --- rows --- */

static void add_cell(struct table *table, struct tlsagen_buf *text, enum column column,
                     const char *words, const char *colour)
{
    size_t last = COLUMNS - 1;
    while (table->width[last] == 0)
        last--;
    /* To be cut to this cell, whatever the terminal's width is. */
    const struct rollover_look look = {.width = table->width[column], .utf8 = table->look.utf8};
    const size_t columns = rollover_look_columns(words);
    tlsagen_buf_str(text, colour);
    rollover_look_cut(text, &look, 0, words);
    tlsagen_buf_str(text, colour[0] != '\0' ? PLAIN : "");
    if (column == last)
        return;
    for (size_t i = columns; i < table->width[column]; i++)
        tlsagen_buf_char(text, ' ');
    tlsagen_buf_str(text, "  ");
}

static void add_head(struct table *table, struct tlsagen_buf *text)
{
    tlsagen_buf_str(text, "  ");
    for (size_t i = 0; i < COLUMNS; i++) {
        if (table->width[i] > 0)
            add_cell(table, text, (enum column)i, heads[i], "");
    }
    tlsagen_buf_char(text, '\n');
}

static void add_row(struct table *table, struct tlsagen_buf *text, const struct view_row *row)
{
    const unsigned marks = row->marks;
    tlsagen_buf_printf(text, "%c ",
                       (marks & VIEW_FAILING) != 0   ? '!'
                       : (marks & VIEW_ROLLING) != 0 ? '*'
                       : (marks & VIEW_DUE) != 0     ? '>'
                                                     : ' ');
    for (size_t i = 0; i < COLUMNS; i++) {
        if (table->width[i] > 0)
            add_cell(table, text, (enum column)i, cell(table, row, (enum column)i),
                     colour_of(table, row, (enum column)i));
    }
    tlsagen_buf_char(text, '\n');
}

void view_table(const struct view *view, struct tlsagen_buf *text)
{
    struct table table = {.view = view, .look = rollover_look_now()};
    tlsagen_buf_init(&table.cell);
    measure(&table);
    add_head(&table, text);
    for (size_t i = 0; i < view->shown_count; i++)
        add_row(&table, text, view->shown[i]);
    text->failed = text->failed || table.cell.failed;
    tlsagen_buf_clear(&table.cell);
}
