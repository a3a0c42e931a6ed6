#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <tlsagen/batch.h>

#include "batch/block.h"
#include "batch/file.h"
#include "batch/line.h"
#include "batch/reader.h"

/* --- a folder for the files of one test --- */

static char folder[64];
static char certificate[4096]; /* the text of mail.pem */
static char certificate_path[4096];

static void write_file(const char *name, const void *bytes, size_t len)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

static int enter_folder(void **state)
{
    (void)state;
    const char *data = getenv("TLSAGEN_DATA");
    if (data == NULL)
        return -1;
    (void)snprintf(certificate_path, sizeof(certificate_path), "%s/readme/mail.pem", data);
    FILE *file = fopen(certificate_path, "rb");
    if (file == NULL)
        return -1;
    certificate[fread(certificate, 1, sizeof(certificate) - 1, file)] = '\0';
    (void)fclose(file);
    (void)snprintf(folder, sizeof(folder), "/tmp/tlsagen-batch.XXXXXX");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    write_text("mail.pem", certificate);
    write_text("empty.pem", "");
    return 0;
}

static int leave_folder(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* --- a run, its output and messages kept --- */

struct kept {
    struct tlsagen_buf out;
    struct tlsagen_buf messages;
    struct tlsagen_batch_result result;
    struct tlsagen_err err;
    size_t progress_calls;
    uint64_t last_bytes;
    size_t writes_left; /* before write fails */
};

static enum tlsagen_status keep_format(void *arg, struct tlsagen_buf *buf, const char *host,
                                       uint16_t port, const struct tlsagen_rrset *set,
                                       struct tlsagen_err *err)
{
    (void)arg;
    if (port == 65535)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "the last port");
    for (size_t i = 0; i < set->count; i++) {
        const struct tlsagen_record *record = &set->records[i];
        tlsagen_buf_printf(buf, "%s %u %u%u%u %zu\n", host, port, record->fields.usage,
                           record->fields.selector, record->fields.matching, record->len);
    }
    return tlsagen_buf_check(buf, err);
}

static enum tlsagen_status keep_write(void *arg, const char *bytes, size_t len,
                                      struct tlsagen_err *err)
{
    struct kept *kept = arg;
    if (kept->writes_left-- == 0)
        return tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "the disk is full");
    tlsagen_buf_add(&kept->out, bytes, len);
    return TLSAGEN_OK;
}

static void keep_report(void *arg, bool is_warning, const char *text)
{
    struct kept *kept = arg;
    tlsagen_buf_printf(&kept->messages, "%s%s\n", is_warning ? "w " : "", text);
}

static void keep_progress(void *arg, const struct tlsagen_batch_result *so_far)
{
    struct kept *kept = arg;
    kept->progress_calls++;
    assert_true(so_far->bytes >= kept->last_bytes);
    kept->last_bytes = so_far->bytes;
}

static const uint16_t smtp_ports[] = {25};
static const struct tlsagen_fields dane_ee = {3, 1, 1};

static struct tlsagen_batch_options options_of(struct kept *kept, enum tlsagen_batch_kind kind,
                                               unsigned jobs)
{
    *kept = (struct kept){.writes_left = SIZE_MAX};
    return (struct tlsagen_batch_options){
        .kind = kind,
        .jobs = jobs,
        .ports = smtp_ports,
        .port_count = 1,
        .fields = &dane_ee,
        .field_count = 1,
        .format = keep_format,
        .write = keep_write,
        .report = keep_report,
        .progress = keep_progress,
        .arg = kept,
    };
}

static void forget(struct kept *kept)
{
    tlsagen_buf_clear(&kept->out);
    tlsagen_buf_clear(&kept->messages);
}

static const char *text_of(const struct tlsagen_buf *buf)
{
    return buf->data == NULL ? "" : buf->data;
}

/* Runs text as a batch of lines in the file `requests`. */
static void run_lines(struct kept *kept, const struct tlsagen_batch_options *options,
                      const char *text, enum tlsagen_status wanted)
{
    write_text("requests", text);
    assert_int_equal(tlsagen_batch_run("requests", options, &kept->result, &kept->err), wanted);
}

/* --- lines --- */

static enum tlsagen_status parse(const char *text, struct line *line, bool *blank,
                                 struct tlsagen_err *err)
{
    size_t len = strlen(text);
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, text, len + 1);
    enum tlsagen_status status = line_parse(copy, len, TLSAGEN_PROTO_TCP, line, blank, err);
    if (status == TLSAGEN_OK && !*blank)
        assert_true(line->file >= copy && line->file < copy + len);
    static char file[256];
    if (status == TLSAGEN_OK && !*blank) {
        (void)snprintf(file, sizeof(file), "%s", line->file);
        line->file = file;
    }
    free(copy);
    return status;
}

static void a_line_has_six_parts(void **state)
{
    (void)state;
    struct line line;
    struct tlsagen_err err;
    bool blank;
    assert_int_equal(parse(" mail.Example.org\t25,smtps,0025 3  DANE-EE", &line, &blank, &err),
                     TLSAGEN_E_SYNTAX);
    assert_string_equal(err.message,
                        "only 4 of the 6 words HOST PORT USAGE SELECTOR MATCHING FILE");
    assert_int_equal(
        parse("h.example 25 dane-ta Cert 2 my certs/a b.pem \t\r", &line, &blank, &err),
        TLSAGEN_OK);
    assert_false(blank);
    assert_string_equal(line.host, "h.example.");
    assert_int_equal(line.fields.usage, 2);
    assert_int_equal(line.fields.selector, 0);
    assert_int_equal(line.fields.matching, 2);
    assert_string_equal(line.file, "my certs/a b.pem");
    assert_int_equal(parse("h.example\t25,smtps,0025,443 3 1 1 f", &line, &blank, &err),
                     TLSAGEN_OK);
    assert_int_equal(line.port_count, 3);
    assert_int_equal(line.ports[0], 25);
    assert_int_equal(line.ports[1], 465);
    assert_int_equal(line.ports[2], 443);
    assert_int_equal(parse("h.example 25 3 1 1", &line, &blank, &err), TLSAGEN_E_SYNTAX);
    assert_int_equal(parse("h.example 25 3 1 1  ", &line, &blank, &err), TLSAGEN_E_SYNTAX);
}

static void comments_and_blank_lines_say_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "   ", "\t", "\r", " \r", "#", " \t# h 25 3 1 1 f"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct line line;
        bool blank = false;
        assert_int_equal(parse(texts[i], &line, &blank, NULL), TLSAGEN_OK);
        assert_true(blank);
    }
}

static void a_bad_word_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"192.0.2.1 25 3 1 1 f", "is an address"},
        {"a..example 25 3 1 1 f", "a..example"},
        {"a.example 70000 3 1 1 f", "port 70000 does not exist"},
        {"a.example * 3 1 1 f", "wildcard"},
        {"a.example 25, 3 1 1 f", "port \"\""},
        {"a.example gopher7 3 1 1 f", "port \"gopher7\""},
        {"a.example 25 4 1 1 f", "usage \"4\""},
        {"a.example 25 3 2 1 f", "selector \"2\""},
        {"a.example 25 3 1 3 f", "matching type \"3\""},
        {"a.example 25 3 1 1 -", "standard input"},
        {"a.example "
         "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,"
         "33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,"
         "62,63,64,65 3 1 1 f",
         "more than 64 ports"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct line line;
        struct tlsagen_err err;
        bool blank;
        assert_int_not_equal(parse(cases[i].text, &line, &blank, &err), TLSAGEN_OK);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].message);
    }
}

/* --- blocks --- */

static void blocks_are_found(void **state)
{
    (void)state;
    static const char text[] = "subject - one\n-----BEGIN A-----\nxx\n-----END A-----\nnoise\n"
                               "- ----BEGIN B-----\n -----BEGIN B-----\n"
                               "-----BEGIN C-----\nyy\n-----BEGIN D-----\n-----END D-----";
    struct block_reader reader = {text, text + sizeof(text) - 1};
    struct block block;
    assert_true(block_next(&reader, &block));
    assert_true(block.whole);
    assert_int_equal(block.len, strlen("-----BEGIN A-----\nxx\n-----END A-----\n"));
    assert_true(block_next(&reader, &block));
    assert_false(block.whole);
    assert_int_equal(block.len, strlen("-----BEGIN C-----\nyy\n"));
    assert_true(block_next(&reader, &block));
    assert_true(block.whole);
    assert_ptr_equal(block.text + block.len, text + sizeof(text) - 1);
    assert_false(block_next(&reader, &block));
}

static void newlines_are_counted(void **state)
{
    (void)state;
    char text[2000];
    memset(text, '\n', sizeof(text));
    assert_int_equal(count_newlines(text, sizeof(text)), sizeof(text));
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < sizeof(text); i += 7)
        text[i] = '\n';
    for (size_t len = 0; len < sizeof(text); len++)
        assert_int_equal(count_newlines(text, len), (len + 6) / 7);
}

/* --- pieces --- */

/* Reads all pieces of a file; each but the last ends as it should, and together they are whole. */
static size_t count_pieces(const char *path, enum tlsagen_batch_kind kind, const char *text,
                           size_t len)
{
    struct reader reader;
    struct piece piece = {0};
    struct tlsagen_err err;
    size_t at = 0, count = 0, bytes = 0;
    bool end = false;
    assert_int_equal(reader_open(&reader, path, kind, &err), TLSAGEN_OK);
    while (reader_next(&reader, &piece, &end, &err) == TLSAGEN_OK && !end) {
        assert_true(at + piece.text.len <= len);
        assert_memory_equal(piece.text.data, text + at, piece.text.len);
        assert_true(piece.text.len > 0);
        assert_true(at + piece.text.len == len || piece.text.data[piece.text.len - 1] == '\n');
        assert_true(piece.text.len <= TLSAGEN_BATCH_BLOCK_MAX + 65536);
        at += piece.text.len;
        bytes += piece.bytes;
        count++;
    }
    assert_true(end);
    assert_int_equal(at, len);
    assert_int_equal(bytes, len);
    reader_close(&reader);
    tlsagen_buf_clear(&piece.text);
    return count;
}

static void pieces_are_whole_lines(void **state)
{
    (void)state;
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    for (unsigned i = 0; i < 30000; i++)
        tlsagen_buf_printf(&text, "%u %.*s\n", i, (int)(i * 7919 % 61),
                           "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    tlsagen_buf_str(&text, "no newline at the end");
    write_file("lines", text.data, text.len);
    assert_true(count_pieces("lines", TLSAGEN_BATCH_LINES, text.data, text.len) > 64);
    tlsagen_buf_clear(&text);
    write_text("lines", "");
    assert_int_equal(count_pieces("lines", TLSAGEN_BATCH_LINES, "", 0), 0);
}

static void pieces_are_whole_blocks(void **state)
{
    (void)state;
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    for (unsigned i = 0; i < 6000; i++)
        tlsagen_buf_str(&text, certificate);
    tlsagen_buf_str(&text, "-----BEGIN CERTIFICATE-----\nnever ended");
    write_file("blocks", text.data, text.len);
    assert_true(count_pieces("blocks", TLSAGEN_BATCH_BUNDLE, text.data, text.len) > 64);
    /* Nothing to cut at: pieces of bounded size all the same. */
    tlsagen_buf_reset(&text);
    for (unsigned i = 0; i < 200000; i++)
        tlsagen_buf_str(&text, "no block at all\n");
    write_file("blocks", text.data, text.len);
    assert_true(count_pieces("blocks", TLSAGEN_BATCH_BUNDLE, text.data, text.len) >= 3);
    tlsagen_buf_clear(&text);
}

static void a_file_is_read_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2000, 32767, 32768, 32769, 200000};
    struct tlsagen_buf buf;
    struct tlsagen_err err;
    tlsagen_buf_init(&buf);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *bytes = malloc(sizes[i]);
        assert_non_null(bytes);
        for (size_t j = 0; j < sizes[i]; j++)
            bytes[j] = (char)(j * 131 % 251);
        write_file("some", bytes, sizes[i]);
        assert_int_equal(file_read("some", &buf, &err), TLSAGEN_OK);
        assert_int_equal(buf.len, sizes[i]);
        assert_memory_equal(buf.data, bytes, sizes[i]);
        free(bytes);
    }
    assert_int_equal(file_read("empty.pem", &buf, &err), TLSAGEN_OK);
    assert_int_equal(buf.len, 0);
    assert_int_equal(file_read(".", &buf, &err), TLSAGEN_E_KIND);
    assert_int_equal(file_read("absent", &buf, &err), TLSAGEN_E_SYSTEM);
    assert_int_equal(err.sys_errno, ENOENT);
    tlsagen_buf_clear(&buf);
}

/* --- runs over lines --- */

static void failures_are_numbered_and_stop_nothing(void **state)
{
    (void)state;
    struct kept kept;
    struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, 1);
    run_lines(&kept, &options,
              "# HOST PORT ...\r\n"
              "mail.example.org 25,587 3 1 1 mail.pem\r\n"
              "\n"
              "mail.example.org 25 9 1 1 mail.pem\n"
              "mail.example.org 25,65535 3 1 1 mail.pem\n"
              "mail.example.org 443 3 1 1 absent.pem\n"
              "mail.example.org 443 3 1 1 empty.pem\n"
              "mail.example.org 443 2 1 1 mail.pem\n"
              "mail.example.org 993 3 0 2 mail.pem",
              TLSAGEN_OK);
    assert_string_equal(text_of(&kept.out), "mail.example.org. 25 311 32\n"
                                            "mail.example.org. 587 311 32\n"
                                            "mail.example.org. 993 302 64\n");
    const char *line = text_of(&kept.messages);
    assert_ptr_equal(strstr(line, "requests:4: certificate usage \"9\""), line);
    assert_non_null(strstr(line, "\nrequests:5: the last port\n"));
    assert_non_null(strstr(line, "\nrequests:6: cannot open absent.pem: No such file"));
    assert_non_null(strstr(line, "\nrequests:7: empty.pem: empty; give"));
    assert_non_null(strstr(line, "\nrequests:8: mail.pem: no certificate of the CA"));
    assert_int_equal(kept.result.requests, 7);
    assert_int_equal(kept.result.failed, 5);
    assert_int_equal(kept.result.bytes, kept.result.total);
    assert_true(kept.result.total > 0);
    assert_false(kept.result.stopped);
    assert_true(kept.progress_calls > 0);
    forget(&kept);
}

/* Lines whose answers differ, every 97th of which fails. */
static void many_lines(struct tlsagen_buf *text, struct tlsagen_buf *out,
                       struct tlsagen_buf *messages, unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        bool bad = i % 97 == 0;
        tlsagen_buf_printf(text, "h%u.example %u 3 1 1 %s\n", i, i, bad ? "empty.pem" : "mail.pem");
        if (bad)
            tlsagen_buf_printf(messages,
                               "requests:%u: empty.pem: empty; give a certificate, chain, key or "
                               "request\n",
                               i);
        else
            tlsagen_buf_printf(out, "h%u.example. %u 311 32\n", i, i);
    }
}

static void answers_come_in_order_from_any_number_of_threads(void **state)
{
    (void)state;
    static const unsigned jobs[] = {1, 2, 3, 16, 0};
    struct tlsagen_buf text, out, messages;
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&out);
    tlsagen_buf_init(&messages);
    many_lines(&text, &out, &messages, 10000);
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct kept kept;
        struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, jobs[i]);
        run_lines(&kept, &options, text.data, TLSAGEN_OK);
        assert_int_equal(kept.result.requests, 10000);
        assert_int_equal(kept.result.failed, 103);
        assert_string_equal(text_of(&kept.out), out.data);
        assert_string_equal(text_of(&kept.messages), messages.data);
        forget(&kept);
    }
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&out);
    tlsagen_buf_clear(&messages);
}

static void the_run_stops_at_the_first_failure_of_the_input(void **state)
{
    (void)state;
    static const unsigned jobs[] = {1, 2, 16};
    struct tlsagen_buf text, out, messages;
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&out);
    tlsagen_buf_init(&messages);
    many_lines(&text, &out, &messages, 5000);
    /* The 96 lines before the first failure. */
    *(strstr(out.data, "h98.example.")) = '\0';
    *(strchr(messages.data, '\n') + 1) = '\0';
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct kept kept;
        struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, jobs[i]);
        options.stop_on_error = true;
        run_lines(&kept, &options, text.data, TLSAGEN_OK);
        assert_string_equal(text_of(&kept.out), out.data);
        assert_string_equal(text_of(&kept.messages), messages.data);
        assert_true(kept.result.stopped);
        assert_int_equal(kept.result.requests, 97);
        assert_int_equal(kept.result.failed, 1);
        forget(&kept);
    }
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&out);
    tlsagen_buf_clear(&messages);
}

static void a_failed_write_ends_the_run(void **state)
{
    (void)state;
    static const unsigned jobs[] = {1, 4};
    struct tlsagen_buf text, out, messages;
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&out);
    tlsagen_buf_init(&messages);
    many_lines(&text, &out, &messages, 5000);
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct kept kept;
        struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, jobs[i]);
        kept.writes_left = 3;
        run_lines(&kept, &options, text.data, TLSAGEN_E_SYSTEM);
        assert_string_equal(kept.err.message, "the disk is full");
        assert_true(kept.out.len > 0 && kept.out.len < out.len);
        assert_memory_equal(kept.out.data, out.data, kept.out.len);
        forget(&kept);
    }
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&out);
    tlsagen_buf_clear(&messages);
}

static void warnings_are_reported_or_fail_or_are_not_looked_for(void **state)
{
    (void)state;
    static const char text[] =
        "other.example 25 3 1 1 mail.pem\nmail.example.org 25 3 1 1 mail.pem\n";
    static const char warning[] =
        "w requests:1: mail.pem: certificate does not cover other.example. (usage 3 does not "
        "require it, RFC 7671 section 5.1)\n";
    struct kept kept;
    struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, 1);
    run_lines(&kept, &options, text, TLSAGEN_OK);
    assert_string_equal(text_of(&kept.messages), "");
    forget(&kept);

    options = options_of(&kept, TLSAGEN_BATCH_LINES, 1);
    options.warnings = TLSAGEN_BATCH_WARNINGS_REPORT;
    run_lines(&kept, &options, text, TLSAGEN_OK);
    assert_string_equal(text_of(&kept.messages), warning);
    assert_string_equal(text_of(&kept.out),
                        "other.example. 25 311 32\nmail.example.org. 25 311 32\n");
    assert_int_equal(kept.result.failed, 0);
    forget(&kept);

    options = options_of(&kept, TLSAGEN_BATCH_LINES, 1);
    options.warnings = TLSAGEN_BATCH_WARNINGS_FAIL;
    run_lines(&kept, &options, text, TLSAGEN_OK);
    assert_string_equal(text_of(&kept.messages), warning);
    assert_string_equal(text_of(&kept.out), "mail.example.org. 25 311 32\n");
    assert_int_equal(kept.result.failed, 1);
    forget(&kept);
}

static void overlong_lines_and_nul_bytes_are_reported(void **state)
{
    (void)state;
    static const char good[] = "mail.example.org 25 3 1 1 mail.pem\n";
    static const char nul[] = "mail.example.org 25 3 1 1 mail.pem\0x\n";
    static const size_t lengths[] = {8191, 8192, 9000, 20000, 100000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct tlsagen_buf text;
        struct kept kept;
        struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, 2);
        tlsagen_buf_init(&text);
        tlsagen_buf_str(&text, good);
        for (size_t j = 0; j < lengths[i]; j++)
            tlsagen_buf_char(&text, 'x');
        tlsagen_buf_char(&text, '\n');
        tlsagen_buf_add(&text, nul, sizeof(nul) - 1);
        tlsagen_buf_str(&text, good);
        write_file("requests", text.data, text.len);
        assert_int_equal(tlsagen_batch_run("requests", &options, &kept.result, &kept.err),
                         TLSAGEN_OK);
        assert_string_equal(text_of(&kept.out),
                            "mail.example.org. 25 311 32\nmail.example.org. 25 311 32\n");
        assert_string_equal(text_of(&kept.messages),
                            lengths[i] > 8191 ? "requests:2: the line is longer than 8191 bytes\n"
                                                "requests:3: a NUL byte stands in the line\n"
                                              : "requests:2: only 1 of the 6 words HOST PORT USAGE "
                                                "SELECTOR MATCHING FILE\n"
                                                "requests:3: a NUL byte stands in the line\n");
        assert_int_equal(kept.result.bytes, text.len);
        tlsagen_buf_clear(&text);
        forget(&kept);
    }
}

static void what_is_no_input_is_refused(void **state)
{
    (void)state;
    struct kept kept;
    struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, 2);
    assert_int_equal(tlsagen_batch_run("absent", &options, &kept.result, &kept.err),
                     TLSAGEN_E_SYSTEM);
    assert_int_equal(tlsagen_batch_run(".", &options, &kept.result, &kept.err), TLSAGEN_E_KIND);
    assert_int_equal(tlsagen_batch_run("", &options, &kept.result, NULL), TLSAGEN_E_SYSTEM);
    run_lines(&kept, &options, "", TLSAGEN_OK);
    assert_int_equal(kept.result.requests, 0);
    run_lines(&kept, &options, "\xef\xbb\xbf# nothing\n", TLSAGEN_OK);
    assert_int_equal(kept.result.requests, 0);
    forget(&kept);
}

static void a_large_file_among_small_ones(void **state)
{
    (void)state;
    struct tlsagen_buf text;
    struct kept kept;
    struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, 1);
    tlsagen_buf_init(&text);
    /* A certificate behind a megabyte of text, which only libcrypto's general reader takes. */
    for (unsigned i = 0; i < 20000; i++)
        tlsagen_buf_str(&text, "text that stands before the certificate, as often seen\n");
    tlsagen_buf_str(&text, certificate);
    write_file("large.pem", text.data, text.len);
    run_lines(&kept, &options,
              "mail.example.org 1 3 1 1 mail.pem\nmail.example.org 2 3 1 1 large.pem\n"
              "mail.example.org 3 3 1 1 mail.pem\n",
              TLSAGEN_OK);
    assert_string_equal(text_of(&kept.messages), "");
    assert_string_equal(text_of(&kept.out),
                        "mail.example.org. 1 311 32\nmail.example.org. 2 311 32\n"
                        "mail.example.org. 3 311 32\n");
    tlsagen_buf_clear(&text);
    forget(&kept);
}

/* --- pipes --- */

struct writer {
    const char *path;
    struct kept *kept;
    bool answered; /* the first line was answered before the second one was written */
};

static void *write_slowly(void *arg)
{
    struct writer *writer = arg;
    static const char line[] = "mail.example.org 25 3 1 1 mail.pem\n";
    int fd = open(writer->path, O_WRONLY);
    if (fd < 0 || write(fd, line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1)
        return NULL;
    for (unsigned i = 0; i < 500 && !writer->answered; i++) {
        (void)usleep(10000);
        writer->answered = access("answered", F_OK) == 0;
    }
    (void)!write(fd, line, sizeof(line) - 1);
    (void)close(fd);
    return NULL;
}

static enum tlsagen_status leave_a_sign(void *arg, const char *bytes, size_t len,
                                        struct tlsagen_err *err)
{
    write_text("answered", "");
    return keep_write(arg, bytes, len, err);
}

static void lines_of_a_pipe_are_answered_as_they_come(void **state)
{
    (void)state;
    static const unsigned jobs[] = {1, 3};
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct kept kept;
        struct writer writer = {"fifo", &kept, false};
        pthread_t thread;
        struct tlsagen_batch_options options = options_of(&kept, TLSAGEN_BATCH_LINES, jobs[i]);
        options.write = leave_a_sign;
        (void)unlink("fifo");
        (void)unlink("answered");
        assert_int_equal(mkfifo("fifo", 0600), 0);
        assert_int_equal(pthread_create(&thread, NULL, write_slowly, &writer), 0);
        assert_int_equal(tlsagen_batch_run("fifo", &options, &kept.result, &kept.err), TLSAGEN_OK);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(writer.answered);
        assert_int_equal(kept.result.requests, 2);
        assert_int_equal(kept.result.total, 0);
        forget(&kept);
    }
}

/* --- bundles --- */

static void run_bundle(struct kept *kept, unsigned jobs, bool stop, const struct tlsagen_buf *text)
{
    struct tlsagen_batch_options options = options_of(kept, TLSAGEN_BATCH_BUNDLE, jobs);
    options.stop_on_error = stop;
    write_file("bundle.pem", text->data, text->len);
    assert_int_equal(tlsagen_batch_run("bundle.pem", &options, &kept->result, &kept->err),
                     TLSAGEN_OK);
}

static void damaged_blocks_of_a_bundle_are_named(void **state)
{
    (void)state;
    struct tlsagen_buf text;
    struct kept kept;
    tlsagen_buf_init(&text);
    tlsagen_buf_str(&text, "subject=one\n");
    tlsagen_buf_str(&text, certificate);
    tlsagen_buf_str(&text, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    tlsagen_buf_str(&text, "-----BEGIN CERTIFICATE-----\nAAAA\n\n");
    tlsagen_buf_str(&text, "-----BEGIN CERTIFICATE-----\nA*AA\n-----END CERTIFICATE-----\n");
    tlsagen_buf_str(&text, certificate);
    tlsagen_buf_str(&text, "-----BEGIN CERTIFICATE-----\nAAAA");
    run_bundle(&kept, 1, false, &text);
    assert_string_equal(text_of(&kept.out), "mail.example.org. 25 311 32\n"
                                            "mail.example.org. 25 311 32\n");
    const char *messages = text_of(&kept.messages);
    size_t lines = count_newlines(certificate, strlen(certificate));
    char wanted[100];
    (void)snprintf(wanted, sizeof(wanted), "bundle.pem:%zu: certificate 2: certificate is damaged",
                   2 + lines);
    assert_ptr_equal(strstr(messages, wanted), messages);
    (void)snprintf(wanted, sizeof(wanted), "\nbundle.pem:%zu: certificate 3: no END line",
                   5 + lines);
    assert_non_null(strstr(messages, wanted));
    (void)snprintf(wanted, sizeof(wanted), "\nbundle.pem:%zu: certificate 4: PEM block", 8 + lines);
    assert_non_null(strstr(messages, wanted));
    (void)snprintf(wanted, sizeof(wanted), "\nbundle.pem:%zu: certificate 6: no END line",
                   11 + 2 * lines);
    assert_non_null(strstr(messages, wanted));
    assert_int_equal(kept.result.requests, 6);
    assert_int_equal(kept.result.failed, 4);
    forget(&kept);
    run_bundle(&kept, 1, true, &text);
    assert_string_equal(text_of(&kept.out), "mail.example.org. 25 311 32\n");
    assert_int_equal(kept.result.requests, 2);
    assert_true(kept.result.stopped);
    forget(&kept);
    tlsagen_buf_clear(&text);
}

static void a_bundle_is_answered_alike_by_any_number_of_threads(void **state)
{
    (void)state;
    static const unsigned jobs[] = {1, 2, 16, 0};
    static const char bad[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    struct tlsagen_buf text, out, messages;
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&out);
    tlsagen_buf_init(&messages);
    size_t lines = count_newlines(certificate, strlen(certificate)), line = 1;
    for (unsigned i = 1; i <= 5000; i++) {
        if (i % 89 == 0) {
            tlsagen_buf_str(&text, bad);
            tlsagen_buf_printf(&messages, "bundle.pem:%zu: certificate %u: ", line, i);
            tlsagen_buf_str(&messages, "certificate is damaged (wrong tag); get a fresh copy\n");
            line += 3;
        } else {
            tlsagen_buf_str(&text, certificate);
            tlsagen_buf_str(&out, "mail.example.org. 25 311 32\n");
            line += lines;
        }
    }
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct kept kept;
        run_bundle(&kept, jobs[i], false, &text);
        assert_string_equal(text_of(&kept.messages), messages.data);
        assert_string_equal(text_of(&kept.out), out.data);
        assert_int_equal(kept.result.requests, 5000);
        assert_int_equal(kept.result.bytes, text.len);
        forget(&kept);
    }
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&out);
    tlsagen_buf_clear(&messages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_six_parts),
        cmocka_unit_test(comments_and_blank_lines_say_nothing),
        cmocka_unit_test(a_bad_word_is_named),
        cmocka_unit_test(blocks_are_found),
        cmocka_unit_test(newlines_are_counted),
        cmocka_unit_test(pieces_are_whole_lines),
        cmocka_unit_test(pieces_are_whole_blocks),
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(failures_are_numbered_and_stop_nothing),
        cmocka_unit_test(answers_come_in_order_from_any_number_of_threads),
        cmocka_unit_test(the_run_stops_at_the_first_failure_of_the_input),
        cmocka_unit_test(a_failed_write_ends_the_run),
        cmocka_unit_test(warnings_are_reported_or_fail_or_are_not_looked_for),
        cmocka_unit_test(overlong_lines_and_nul_bytes_are_reported),
        cmocka_unit_test(what_is_no_input_is_refused),
        cmocka_unit_test(a_large_file_among_small_ones),
        cmocka_unit_test(lines_of_a_pipe_are_answered_as_they_come),
        cmocka_unit_test(damaged_blocks_of_a_bundle_are_named),
        cmocka_unit_test(a_bundle_is_answered_alike_by_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
