#include "rdata.h"

#include <string.h>

#include <ldns/ldns.h>

/* Bytes before the rdata of a record whose owner is the root (RFC 1035 section 3.2.1). */
#define HEADER_SIZE 11

/* The rdata of rr at the end of wire. */
static void add_wire(struct tlsagen_buf *wire, const ldns_rr *rr)
{
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);
        tlsagen_buf_add(wire, ldns_rdf_data(field), ldns_rdf_size(field));
    }
}

/* Fills the canonical form from rr, whose names are changed. */
static enum tlsagen_status add_canonical(struct rdata *rdata, ldns_rr *rr, struct tlsagen_err *err)
{
    ldns_rr2canonical(rr);
    tlsagen_buf_reset(&rdata->canonical);
    add_wire(&rdata->canonical, rr);
    return tlsagen_buf_check(&rdata->canonical, err);
}

/* A line that ldns reads; the class and TTL do not matter. */
static void make_line(struct tlsagen_buf *line, uint16_t type, const struct rdata_word *words,
                      size_t count)
{
    tlsagen_buf_printf(line, ". 0 IN TYPE%u", type);
    for (size_t i = 0; i < count; i++) {
        tlsagen_buf_str(line, words[i].quoted ? " \"" : " ");
        tlsagen_buf_add(line, words[i].text, words[i].len);
        if (words[i].quoted)
            tlsagen_buf_char(line, '"');
    }
}

static enum tlsagen_status from_line(uint16_t type, const char *line, const struct name *origin,
                                     ldns_rr **rr, struct tlsagen_err *err)
{
    char name[TYPE_TEXT_SIZE];
    ldns_rdf *base = NULL;
    if (origin != NULL && origin->len > 0) {
        base = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin->len, origin->wire);
        if (base == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    ldns_status result = ldns_rr_new_frm_str(rr, line, 0, base, NULL);
    ldns_rdf_deep_free(base);
    if (result == LDNS_STATUS_MEM_ERR)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (result != LDNS_STATUS_OK)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "this is no rdata of type %s (%s); check it, or write it as "
                               "\\# LENGTH HEX",
                               type_text(type, name), ldns_get_errorstr_by_id(result));
    return TLSAGEN_OK;
}

enum tlsagen_status rdata_ldns_parse(uint16_t type, const struct rdata_word *words, size_t count,
                                     const struct name *origin, struct rdata *rdata,
                                     struct tlsagen_err *err)
{
    ldns_rr *rr = NULL;
    struct tlsagen_buf line;
    if (count == 0) /* which ldns takes as a question */
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "no rdata after the type");
    tlsagen_buf_init(&line);
    make_line(&line, type, words, count);
    enum tlsagen_status status = tlsagen_buf_check(&line, err);
    if (status == TLSAGEN_OK)
        status = from_line(type, line.data, origin, &rr, err);
    if (status == TLSAGEN_OK) {
        add_wire(&rdata->wire, rr);
        status = tlsagen_buf_check(&rdata->wire, err);
    }
    if (status == TLSAGEN_OK && rdata->wire.len > RDATA_MAX)
        status = tlsagen_err_set(err, TLSAGEN_E_LIMIT, "rdata is longer than %d bytes", RDATA_MAX);
    if (status == TLSAGEN_OK)
        status = add_canonical(rdata, rr, err);
    ldns_rr_free(rr);
    tlsagen_buf_clear(&line);
    return status;
}

/* The record with this rdata, or NULL when it is none of the type or memory ran out. */
static ldns_rr *from_wire(uint16_t type, const struct tlsagen_buf *wire)
{
    const uint8_t header[HEADER_SIZE] = {
        0, (uint8_t)(type >> 8),      (uint8_t)type,     0, CLASS_IN, 0, 0, 0,
        0, (uint8_t)(wire->len >> 8), (uint8_t)wire->len};
    struct tlsagen_buf record;
    ldns_rr *rr = NULL;
    size_t at = 0;
    tlsagen_buf_init(&record);
    tlsagen_buf_add(&record, header, sizeof(header));
    tlsagen_buf_add(&record, wire->data, wire->len);
    if (!record.failed && ldns_wire2rr(&rr, (const uint8_t *)record.data, record.len, &at,
                                       LDNS_SECTION_ANSWER) != LDNS_STATUS_OK)
        rr = NULL;
    if (rr != NULL && at != record.len) {
        ldns_rr_free(rr);
        rr = NULL;
    }
    tlsagen_buf_clear(&record);
    return rr;
}

enum tlsagen_status rdata_ldns_check(uint16_t type, struct rdata *rdata, struct tlsagen_err *err)
{
    char name[TYPE_TEXT_SIZE];
    struct tlsagen_buf again;
    if (rdata->wire.len == 0) /* allowed by RFC 3597 for any type that ldns does not judge */
        return TLSAGEN_OK;
    ldns_rr *rr = from_wire(type, &rdata->wire);
    if (rr == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "these bytes are no rdata of type %s",
                               type_text(type, name));
    /* A compression pointer in a name would come back as what it points to. */
    tlsagen_buf_init(&again);
    add_wire(&again, rr);
    enum tlsagen_status status = tlsagen_buf_check(&again, err);
    if (status == TLSAGEN_OK &&
        (again.len != rdata->wire.len || memcmp(again.data, rdata->wire.data, again.len) != 0))
        status = tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "these bytes are no rdata of type %s",
                                 type_text(type, name));
    if (status == TLSAGEN_OK)
        status = add_canonical(rdata, rr, err);
    tlsagen_buf_clear(&again);
    ldns_rr_free(rr);
    return status;
}

/* ldns reads its own text back as the same rdata; it has no text for every value of every type. */
static bool reads_back(const char *text, size_t len, uint16_t type, const struct rdata *rdata)
{
    struct tlsagen_buf line;
    struct tlsagen_buf wire;
    ldns_rr *rr = NULL;
    tlsagen_buf_init(&line);
    tlsagen_buf_init(&wire);
    tlsagen_buf_printf(&line, ". 0 IN TYPE%u ", type);
    tlsagen_buf_add(&line, text, len);
    bool same = !line.failed && from_line(type, line.data, NULL, &rr, NULL) == TLSAGEN_OK;
    if (same) {
        add_wire(&wire, rr);
        same = !wire.failed && wire.len == rdata->wire.len &&
               (wire.len == 0 || memcmp(wire.data, rdata->wire.data, wire.len) == 0);
    }
    ldns_rr_free(rr);
    tlsagen_buf_clear(&wire);
    tlsagen_buf_clear(&line);
    return same;
}

/* What follows the fourth tab of "owner ttl class type rdata". */
static const char *after_type(const char *line)
{
    for (int i = 0; line != NULL && i < 4; i++) {
        line = strchr(line, '\t');
        if (line != NULL)
            line++;
    }
    return line;
}

bool rdata_ldns_format(struct tlsagen_buf *buf, uint16_t type, const struct rdata *rdata)
{
    bool done = false;
    ldns_rr *rr = from_wire(type, &rdata->wire);
    char *line = rr != NULL ? ldns_rr2str_fmt(ldns_output_format_nocomments, rr) : NULL;
    const char *text = line != NULL ? after_type(line) : NULL;
    if (text != NULL) {
        size_t len = strcspn(text, "\n");
        while (len > 0 && text[len - 1] == ' ')
            len--;
        done = reads_back(text, len, type, rdata);
        if (done)
            tlsagen_buf_add(buf, text, len);
    }
    LDNS_FREE(line);
    ldns_rr_free(rr);
    return done;
}
