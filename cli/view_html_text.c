/* view_html_text.c - words in HTML, wherever they come from. */
#include "view.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The code point at p and how many bytes it has, by RFC 3629; 0 bytes when it is none. */
static size_t decode(const unsigned char *p, uint32_t *code)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t len = 1; len <= 4; len++) {
        if ((p[0] & forms[len - 1].mask) != forms[len - 1].lead)
            continue;
        *code = p[0] & (unsigned char)~forms[len - 1].mask;
        for (size_t i = 1; i < len; i++) { /* the final NUL is no continuation */
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            *code = *code << 6 | (p[i] & 0x3fU);
        }
        return *code >= forms[len - 1].least ? len : 0;
    }
    return 0;
}

/* Neither control codes nor what turns the direction of the text around it. */
static bool can_show(uint32_t code)
{
    return code >= 0x20 && !(code >= 0x7f && code < 0xa0) && !(code >= 0xd800 && code < 0xe000) &&
           code < 0x110000 && code != 0x200e && code != 0x200f &&
           !(code >= 0x202a && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069) &&
           code != 0xfffe && code != 0xffff;
}

void view_html_text(struct tlsagen_buf *text, const char *words)
{
    const unsigned char *p = (const unsigned char *)words;
    while (*p != '\0') {
        uint32_t code = 0;
        const size_t len = decode(p, &code);
        if (len == 0 || !can_show(code))
            tlsagen_buf_str(text, REPLACEMENT);
        else if (code == '&')
            tlsagen_buf_str(text, "&amp;");
        else if (code == '<')
            tlsagen_buf_str(text, "&lt;");
        else if (code == '>')
            tlsagen_buf_str(text, "&gt;");
        else if (code == '"')
            tlsagen_buf_str(text, "&quot;");
        else if (code == '\'')
            tlsagen_buf_str(text, "&#39;");
        else
            tlsagen_buf_add(text, p, len);
        p += len > 0 ? len : 1;
    }
}

/* "2026-11-25 16:02:07 UTC" */
void view_html_time(struct tlsagen_buf *text, int64_t when)
{
    char moment[ROLLOVER_TIME];
    (void)rollover_moment(when, moment);
    if (when == 0 || strlen(moment) < 20) {
        tlsagen_buf_str(text, "&ndash;");
        return;
    }
    tlsagen_buf_printf(text,
                       "<time datetime=\"%s\"><span class=\"nb\">%.10s</span> <span "
                       "class=\"nb\">%.8s UTC</span></time>",
                       moment, moment, moment + 11);
}
