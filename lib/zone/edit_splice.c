#include "edit.h"

#include <stdlib.h>

struct edit_splice *edit_splice_add(struct edit *edit, size_t file, uint64_t at, uint64_t len)
{
    if (edit->splice_count == edit->splice_cap) {
        size_t cap = edit->splice_cap == 0 ? 8 : 2 * edit->splice_cap;
        struct edit_splice *moved =
            cap > SIZE_MAX / sizeof(*moved) ? NULL : realloc(edit->splices, cap * sizeof(*moved));
        if (moved == NULL)
            return NULL;
        edit->splices = moved;
        edit->splice_cap = cap;
    }
    struct edit_splice *splice = &edit->splices[edit->splice_count++];
    *splice = (struct edit_splice){.file = file, .at = at, .len = len};
    tlsagen_buf_init(&splice->text);
    return splice;
}

struct edit_splice *edit_splice_more(struct edit *edit, size_t file, uint64_t at)
{
    struct edit_splice *last =
        edit->splice_count > 0 ? &edit->splices[edit->splice_count - 1] : NULL;
    if (last != NULL && last->file == file && last->at == at && last->len == 0)
        return last;
    return edit_splice_add(edit, file, at, 0);
}

/* Whether b goes before a; of two at one place, the first made stays first. */
static bool is_before(const struct edit_splice *b, const struct edit_splice *a)
{
    return b->file != a->file ? b->file < a->file : b->at < a->at;
}

/* Insertion sort: the list is nearly in order, and stays stable. */
static void sort(struct edit *edit)
{
    for (size_t i = 1; i < edit->splice_count; i++) {
        struct edit_splice splice = edit->splices[i];
        size_t k = i;
        for (; k > 0 && is_before(&splice, &edit->splices[k - 1]); k--)
            edit->splices[k] = edit->splices[k - 1];
        edit->splices[k] = splice;
    }
}

enum tlsagen_status edit_splice_join(struct edit *edit, struct tlsagen_err *err)
{
    size_t count = 0;
    enum tlsagen_status status = TLSAGEN_OK;
    sort(edit);
    for (size_t i = 0; i < edit->splice_count; i++) {
        struct edit_splice *next = &edit->splices[i];
        struct edit_splice *last = count > 0 ? &edit->splices[count - 1] : NULL;
        if (last != NULL && last->file == next->file && last->at + last->len == next->at) {
            last->len += next->len;
            tlsagen_buf_add(&last->text, next->text.data, next->text.len);
            tlsagen_buf_clear(&next->text);
        } else {
            edit->splices[count++] = *next;
        }
    }
    edit->splice_count = count;
    for (size_t i = 0; i < count && status == TLSAGEN_OK; i++)
        status = tlsagen_buf_check(&edit->splices[i].text, err);
    return status;
}
