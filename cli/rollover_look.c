/* rollover_look.c - what standard output can show, and texts made to fit it. */
#include "rollover.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/ioctl.h>

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

#define WIDTH_LEAST 40 /* columns; narrower terminals break lines themselves */

/* The locale's, without setting one for the whole program. */
static bool is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (locale == (locale_t)0)
        return false;
    const bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

static size_t terminal_width(void)
{
    struct winsize size = {.ws_col = 0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
}

struct rollover_look rollover_look_now(void)
{
    const char *plain = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    struct rollover_look look = {.terminal = isatty(STDOUT_FILENO) == 1, .utf8 = is_utf8()};
    look.colour = look.terminal && (plain == NULL || plain[0] == '\0') && kind != NULL &&
                  strcmp(kind, "dumb") != 0;
    look.width = look.terminal ? terminal_width() : 0;
    return look;
}

void rollover_look_sign(struct tlsagen_buf *text, const struct rollover_look *look,
                        const struct rollover_line *line, size_t mark)
{
    static const char *const signs[2][3] = {{"#", ">", "."}, {"●", "◐", "○"}};
    static const char *const colours[3] = {GREEN, YELLOW, ""};
    const bool next = line->under_way && mark == line->reached;
    const size_t kind = line->marks[mark].reached ? 0 : next ? 1 : 2;
    const bool colour = look->colour && kind < 2;
    tlsagen_buf_printf(text, "%s%s%s", colour ? colours[kind] : "", signs[look->utf8][kind],
                       colour ? PLAIN : "");
}

void rollover_look_row(struct tlsagen_buf *text, const struct rollover_look *look,
                       const struct rollover_line *line)
{
    for (size_t i = 0; i < ROLLOVER_MARKS; i++) {
        if (i > 0)
            tlsagen_buf_str(text, look->utf8 ? "─" : "-");
        rollover_look_sign(text, look, line, i);
    }
}

/* Bytes that begin no character of UTF-8 take no column. */
static bool takes_column(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t columns_of(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++)
        columns += takes_column(text[i]);
    return columns;
}

size_t rollover_look_columns(const char *text)
{
    return columns_of(text, strlen(text));
}

static void add_clean(struct tlsagen_buf *text, const char *words, size_t len)
{
    for (size_t i = 0; i < len; i++)
        tlsagen_buf_char(text, (unsigned char)words[i] < 0x20 || words[i] == 0x7f ? '?' : words[i]);
}

void rollover_look_cut(struct tlsagen_buf *text, const struct rollover_look *look, size_t used,
                       const char *words)
{
    const size_t len = strlen(words);
    const char *more = look->utf8 ? "…" : "...";
    const size_t room = look->width > used ? look->width - used : 0;
    const size_t mark = columns_of(more, strlen(more));
    if (look->width == 0 || columns_of(words, len) <= room || room <= mark) {
        add_clean(text, words, len);
        return;
    }
    size_t end = 0, columns = 0;
    while (columns + takes_column(words[end]) <= room - mark)
        columns += takes_column(words[end++]);
    add_clean(text, words, end);
    tlsagen_buf_str(text, more);
}

void rollover_look_wrap(struct tlsagen_buf *text, const struct rollover_look *look,
                        const char *lead, const char *words)
{
    const size_t begin = columns_of(lead, strlen(lead));
    size_t column = begin;
    while (*words != '\0') {
        const size_t len = strcspn(words, " ");
        const size_t columns = columns_of(words, len);
        if (column > begin && look->width != 0 && column + 1 + columns > look->width) {
            tlsagen_buf_printf(text, "\n%s", lead);
            column = begin;
        } else if (column > begin) {
            tlsagen_buf_char(text, ' ');
            column++;
        }
        add_clean(text, words, len);
        column += columns;
        words += len + strspn(words + len, " ");
    }
    tlsagen_buf_char(text, '\n');
}
