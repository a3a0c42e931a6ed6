#include <tlsagen/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

void tlsagen_buf_init(struct tlsagen_buf *buf)
{
    *buf = (struct tlsagen_buf){0};
}

void tlsagen_buf_clear(struct tlsagen_buf *buf)
{
    free(buf->data);
    tlsagen_buf_init(buf);
}

void tlsagen_buf_cleanse(struct tlsagen_buf *buf)
{
    if (buf->data != NULL)
        OPENSSL_cleanse(buf->data, buf->cap);
    tlsagen_buf_clear(buf);
}

void tlsagen_buf_reset(struct tlsagen_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

bool tlsagen_buf_reserve(struct tlsagen_buf *buf, size_t extra)
{
    if (buf->failed)
        return false;
    if (extra >= SIZE_MAX / 2 - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->len + extra + 1;
    if (need <= buf->cap)
        return true;
    size_t cap = buf->cap < 64 ? 64 : buf->cap;
    while (cap < need)
        cap *= 2;
    /* Not realloc: the old block may hold a private key and must not be left behind unseen. */
    char *data = malloc(cap);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    if (buf->data != NULL) {
        memcpy(data, buf->data, buf->len);
        OPENSSL_cleanse(buf->data, buf->len);
        free(buf->data);
    }
    data[buf->len] = '\0';
    buf->data = data;
    buf->cap = cap;
    return true;
}

void tlsagen_buf_add(struct tlsagen_buf *buf, const void *bytes, size_t len)
{
    if (len == 0 || !tlsagen_buf_reserve(buf, len))
        return;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void tlsagen_buf_str(struct tlsagen_buf *buf, const char *text)
{
    tlsagen_buf_add(buf, text, strlen(text));
}

void tlsagen_buf_char(struct tlsagen_buf *buf, char c)
{
    tlsagen_buf_add(buf, &c, 1);
}

void tlsagen_buf_dec(struct tlsagen_buf *buf, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    tlsagen_buf_add(buf, digits + at, sizeof(digits) - at);
}

void tlsagen_buf_hex(struct tlsagen_buf *buf, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    if (len > SIZE_MAX / 4) {
        buf->failed = true;
        return;
    }
    if (!tlsagen_buf_reserve(buf, 2 * len))
        return;
    char *out = buf->data + buf->len;
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
    buf->len += 2 * len;
}

void tlsagen_buf_printf(struct tlsagen_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        buf->failed = true;
    else if (tlsagen_buf_reserve(buf, (size_t)len)) {
        (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

enum tlsagen_status tlsagen_buf_check(const struct tlsagen_buf *buf, struct tlsagen_err *err)
{
    if (buf->failed)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    return TLSAGEN_OK;
}
