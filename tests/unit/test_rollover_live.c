/* rollover/live.h: what servers read changes at once, or not at all. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "rollover/live.h"
#include "rollover_files.h"

#define ID_A                                                                                       \
    {                                                                                              \
        0xaa, 1                                                                                    \
    }
#define ID_B                                                                                       \
    {                                                                                              \
        0xbb, 2                                                                                    \
    }

static struct tlsagen_ctx *ctx;
static const struct live_owner as_it_is;
static const uint8_t id_a[MODEL_ID] = ID_A, id_b[MODEL_ID] = ID_B;

/* A source of one or two files, read long after they were written. */
static void read_source(struct source *source, const char *one, const char *two)
{
    const char *paths[] = {one, two};
    const struct source_ask ask = {.paths = paths,
                                   .path_count = two != NULL ? 2 : 1,
                                   .host = FILES_HOST,
                                   .need_key = true,
                                   .now = (int64_t)time(NULL) + 3600};
    source_init(source);
    assert_int_equal(source_read(ctx, &ask, source, NULL), TLSAGEN_OK);
}

/* An empty folder for each test, and its path of live. */
static void begin(const struct files *f, char live[128])
{
    static unsigned number;
    char folder[100];
    (void)snprintf(folder, sizeof(folder), "%s/%u", f->folder, ++number);
    assert_int_equal(mkdir(folder, 0755), 0);
    (void)snprintf(live, 128, "%s/mx1", folder);
    files_write("ec.pem", f->ec_key, f->ec, f->ca, NULL);
    files_write("rsa.pem", f->rsa_key, f->rsa, f->ca, NULL);
    files_write("next.pem", f->next_key, f->next, f->ca, NULL);
}

static void create(const char *live, const char *file, const uint8_t id[MODEL_ID],
                   char version[LIVE_NAME])
{
    struct source source;
    struct tlsagen_err err;
    read_source(&source, file, NULL);
    enum tlsagen_status status = live_create(live, &source, id, &as_it_is, PKI_NOW, version, &err);
    if (status != TLSAGEN_OK)
        print_error("%s\n", err.message);
    assert_int_equal(status, TLSAGEN_OK);
    source_clear(&source);
}

static void is_live(const char *live, const char *version)
{
    char found[LIVE_NAME];
    assert_int_equal(live_look(live, found, NULL), TLSAGEN_OK);
    assert_string_equal(found, version);
}

/* The file under live is the whole of this text. */
static void reads_as(const char *live, const char *name, const char *other)
{
    char path[256], one[8192], two[8192];
    (void)snprintf(path, sizeof(path), "%s/%s", live, name);
    FILE *a = fopen(path, "r"), *b = fopen(other, "r");
    assert_true(a != NULL && b != NULL);
    size_t x = fread(one, 1, sizeof(one), a), y = fread(two, 1, sizeof(two), b);
    assert_int_equal(x, y);
    assert_memory_equal(one, two, x);
    (void)fclose(a);
    (void)fclose(b);
}

static mode_t mode_of(const char *live, const char *name)
{
    char path[256];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/%s", live, name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static size_t entries_of(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count - 2;
}

static void from_nothing_forward_and_back(void **state)
{
    struct files *f = *state;
    char live[128], first[LIVE_NAME], second[LIVE_NAME], found[LIVE_NAME];
    begin(f, live);
    is_live(live, "");
    assert_int_equal(live_find(live, id_a, found, NULL), TLSAGEN_E_NOTFOUND);
    create(live, "ec.pem", id_a, first);
    assert_string_equal(first, "2026-11-23T10-33-20Z-aa01000000000000");
    is_live(live, "");
    assert_int_equal(live_switch(live, first, NULL), TLSAGEN_OK);
    is_live(live, first);
    files_write("fullchain", NULL, f->ec, f->ca, NULL);
    files_write("cert", NULL, f->ec, NULL);
    files_write("chain", NULL, f->ca, NULL);
    files_write("key", f->ec_key, NULL);
    reads_as(live, "combined.pem", "ec.pem");
    reads_as(live, "fullchain.pem", "fullchain");
    reads_as(live, "cert.pem", "cert");
    reads_as(live, "chain.pem", "chain");
    reads_as(live, "privkey.pem", "key");
    create(live, "next.pem", id_b, second);
    assert_int_equal(live_switch(live, second, NULL), TLSAGEN_OK);
    is_live(live, second);
    reads_as(live, "combined.pem", "next.pem");
    assert_int_equal(live_find(live, id_a, found, NULL), TLSAGEN_OK);
    assert_string_equal(found, first);
    assert_int_equal(live_switch(live, found, NULL), TLSAGEN_OK);
    reads_as(live, "combined.pem", "ec.pem");
    assert_int_equal(live_switch(live, "2026-11-23T10-33-20Z-cc01000000000000", NULL),
                     TLSAGEN_E_NOTFOUND);
    assert_int_equal(live_switch(live, "../../etc", NULL), TLSAGEN_E_NOTFOUND);
    is_live(live, first);
}

static void the_same_is_not_made_twice(void **state)
{
    struct files *f = *state;
    char live[128], first[LIVE_NAME], again[LIVE_NAME], store[140];
    struct stat before, after;
    begin(f, live);
    create(live, "ec.pem", id_a, first);
    assert_int_equal(live_switch(live, first, NULL), TLSAGEN_OK);
    assert_int_equal(lstat(live, &before), 0);
    create(live, "ec.pem", id_a, again);
    assert_string_equal(first, again);
    assert_int_equal(live_switch(live, again, NULL), TLSAGEN_OK);
    assert_int_equal(lstat(live, &after), 0);
    assert_true(before.st_ino == after.st_ino);
    /* Other bytes under the same id, within the same second. */
    create(live, "next.pem", id_a, again);
    assert_string_equal(again, "2026-11-23T10-33-21Z-aa01000000000000");
    (void)snprintf(store, sizeof(store), "%.*s.mx1", (int)(strlen(live) - 3), live);
    assert_int_equal(entries_of(store), 2);
}

static void two_pairs_are_read_back(void **state)
{
    struct files *f = *state;
    char live[128], version[LIVE_NAME];
    struct source source, read;
    begin(f, live);
    read_source(&source, "ec.pem", "rsa.pem");
    assert_int_equal(live_create(live, &source, id_a, &as_it_is, PKI_NOW, version, NULL),
                     TLSAGEN_OK);
    assert_int_equal(live_switch(live, version, NULL), TLSAGEN_OK);
    reads_as(live, "combined.pem", "ec.pem");
    reads_as(live, "combined-rsa.pem", "rsa.pem");
    source_init(&read);
    assert_int_equal(live_read(ctx, live, version, FILES_HOST, PKI_NOW, &read, NULL), TLSAGEN_OK);
    assert_int_equal(read.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_memory_equal(read.pairs[i].leaf, source.pairs[i].leaf, MODEL_ID);
        assert_int_equal(read.pairs[i].key.len, source.pairs[i].key.len);
        assert_int_equal(read.pairs[i].count, 2);
    }
    source_clear(&read);
    assert_int_equal(live_read(ctx, live, "nothing", FILES_HOST, PKI_NOW, &read, NULL),
                     TLSAGEN_E_NOTFOUND);
    source_clear(&source);
}

/* Three RSA pairs: none takes another's name. */
static void names_of_many_pairs(void **state)
{
    struct files *f = *state;
    char live[128], version[LIVE_NAME];
    struct source source;
    begin(f, live);
    read_source(&source, "ec.pem", "rsa.pem");
    struct source many = {
        .pairs = {source.pairs[1], source.pairs[1], source.pairs[0], source.pairs[1]}, .count = 4};
    assert_int_equal(live_create(live, &many, id_a, &as_it_is, PKI_NOW, version, NULL), TLSAGEN_OK);
    assert_int_equal(live_switch(live, version, NULL), TLSAGEN_OK);
    reads_as(live, "combined.pem", "rsa.pem");
    reads_as(live, "combined-rsa.pem", "rsa.pem");
    reads_as(live, "combined-ecdsa.pem", "ec.pem");
    reads_as(live, "combined-rsa2.pem", "rsa.pem");
    assert_int_equal(entries_of(live), 20);
    source_clear(&source);
}

static void owner_and_mode_stay(void **state)
{
    struct files *f = *state;
    char live[128], version[LIVE_NAME], path[256];
    struct source source;
    struct tlsagen_err err;
    begin(f, live);
    create(live, "ec.pem", id_a, version);
    assert_int_equal(live_switch(live, version, NULL), TLSAGEN_OK);
    assert_int_equal(mode_of(live, "privkey.pem"), 0600);
    assert_int_equal(mode_of(live, "combined.pem"), 0600);
    assert_int_equal(mode_of(live, "fullchain.pem"), 0644);
    assert_int_equal(mode_of(live, "."), 0700);
    (void)snprintf(path, sizeof(path), "%s/privkey.pem", live);
    assert_int_equal(chmod(path, 0640), 0);
    create(live, "next.pem", id_b, version);
    assert_int_equal(live_switch(live, version, NULL), TLSAGEN_OK);
    assert_int_equal(mode_of(live, "privkey.pem"), 0640);
    assert_int_equal(mode_of(live, "combined.pem"), 0640);
    assert_int_equal(mode_of(live, "."), 0750);
    assert_int_equal(chmod(path, 0644), 0);
    read_source(&source, "ec.pem", NULL);
    char made[LIVE_NAME];
    source.pairs[0].mode = 0600;
    assert_int_equal(live_create(live, &source, id_a, &as_it_is, PKI_NOW + 9, made, &err),
                     TLSAGEN_E_MISMATCH);
    assert_non_null(strstr(err.message, "everybody may read"));
    is_live(live, version);
    assert_int_equal(chmod(path, 0600), 0);
    const struct live_owner wide = {.mode = 0644}, group = {.mode = 0440};
    assert_int_equal(live_create(live, &source, id_a, &wide, PKI_NOW, made, &err),
                     TLSAGEN_E_ARGUMENT);
    source.pairs[0].kind[0] = 'x'; /* no former key, no version with these bytes */
    uint8_t other[MODEL_ID] = {9};
    assert_int_equal(live_create(live, &source, other, &group, PKI_NOW, made, &err), TLSAGEN_OK);
    assert_int_equal(live_switch(live, made, NULL), TLSAGEN_OK);
    assert_int_equal(mode_of(live, "privkey.pem"), 0440);
    source.pairs[0].key.len = 0;
    assert_int_equal(live_create(live, &source, id_b, &as_it_is, PKI_NOW, made, &err),
                     TLSAGEN_E_KIND);
    source_clear(&source);
}

static void what_is_there_is_not_touched(void **state)
{
    struct files *f = *state;
    char live[128], version[LIVE_NAME], path[256];
    struct source source;
    struct tlsagen_err err;
    begin(f, live);
    read_source(&source, "ec.pem", NULL);
    assert_int_equal(mkdir(live, 0755), 0);
    is_live(live, "");
    (void)snprintf(path, sizeof(path), "%s/privkey.pem", live);
    files_write(path, f->ec_key, NULL);
    for (int i = 0; i < 3; i++) {
        enum tlsagen_status status =
            live_create(live, &source, id_a, &as_it_is, PKI_NOW, version, &err);
        assert_int_equal(status, TLSAGEN_E_KIND);
        assert_non_null(strstr(err.message, "not made here"));
        assert_int_equal(live_switch(live, "2026-11-23T10-33-20Z-aa01000000000000", &err),
                         TLSAGEN_E_KIND);
        if (i == 0) {
            assert_int_equal(unlink(path) + rmdir(live), 0);
            files_write_text(live, "a file");
        } else if (i == 1) {
            assert_int_equal(unlink(live), 0);
            assert_int_equal(symlink("/etc", live), 0);
        }
    }
    /* An empty folder is nothing. */
    assert_int_equal(unlink(live), 0);
    assert_int_equal(mkdir(live, 0755), 0);
    create(live, "ec.pem", id_a, version);
    assert_int_equal(live_switch(live, version, NULL), TLSAGEN_OK);
    is_live(live, version);
    static const char *const paths[] = {"mx1", "/x/", "/x/.", "/x/.mx1"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_int_equal(live_look(paths[i], version, &err), TLSAGEN_E_ARGUMENT);
    source_clear(&source);
}

static void a_full_disk_leaves_the_old(void **state)
{
    struct files *f = *state;
    char live[128], first[LIVE_NAME], version[LIVE_NAME], store[140];
    struct source source;
    struct tlsagen_err err;
    struct rlimit before, none;
    begin(f, live);
    create(live, "ec.pem", id_a, first);
    assert_int_equal(live_switch(live, first, NULL), TLSAGEN_OK);
    read_source(&source, "next.pem", NULL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)snprintf(store, sizeof(store), "%.*s.mx1", (int)(strlen(live) - 3), live);
    for (rlim_t limit = 0; limit < 1200; limit += 400) {
        none = before;
        none.rlim_cur = limit;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
        enum tlsagen_status status =
            live_create(live, &source, id_b, &as_it_is, PKI_NOW, version, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, TLSAGEN_E_SYSTEM);
        assert_int_equal(err.sys_errno, EFBIG);
        is_live(live, first);
        assert_int_equal(entries_of(store), 1);
    }
    source_clear(&source);
}

static void old_versions_go(void **state)
{
    struct files *f = *state;
    char live[128], version[LIVE_NAME], found[LIVE_NAME], store[140], path[300];
    const uint8_t kept[2][MODEL_ID] = {{1}, {9}};
    struct source source;
    begin(f, live);
    read_source(&source, "ec.pem", NULL);
    for (uint8_t i = 0; i < 8; i++) {
        uint8_t id[MODEL_ID] = {i};
        assert_int_equal(live_create(live, &source, id, &as_it_is, PKI_NOW + i, version, NULL),
                         TLSAGEN_OK);
        if (i == 2)
            assert_int_equal(live_switch(live, version, NULL), TLSAGEN_OK);
    }
    (void)snprintf(store, sizeof(store), "%.*s.mx1", (int)(strlen(live) - 3), live);
    (void)snprintf(path, sizeof(path), "%s/.new", store);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/.new/privkey.pem", store);
    files_write_text(path, "half a key");
    (void)snprintf(path, sizeof(path), "%s/.link", store);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(live_clean(live, kept, 2, NULL), TLSAGEN_OK);
    for (uint8_t i = 0; i < 8; i++) {
        uint8_t id[MODEL_ID] = {i};
        bool stays = i == 1 || i == 2 || i >= 5;
        assert_int_equal(live_find(live, id, found, NULL), stays ? TLSAGEN_OK : TLSAGEN_E_NOTFOUND);
    }
    assert_int_equal(entries_of(store), 5);
    assert_int_equal(live_clean(live, NULL, 0, NULL), TLSAGEN_OK);
    assert_int_equal(entries_of(store), 4);
    source_clear(&source);
}

/*
 * Killed at any moment: live is one of the two versions, whole, and the next run goes through. The
 * moments are spread over how long a run takes, and begin again with another distance.
 */
static void killed_at_any_moment(void **state)
{
    struct files *f = *state;
    char live[128], version[LIVE_NAME], found[LIVE_NAME];
    struct source ec, next, read;
    unsigned ended = 0, killed = 0;
    begin(f, live);
    read_source(&ec, "ec.pem", NULL);
    read_source(&next, "next.pem", NULL);
    create(live, "ec.pem", id_a, version);
    assert_int_equal(live_switch(live, version, NULL), TLSAGEN_OK);
    for (long wait = 0; wait < 4000000 && (ended < 5 || killed < 40); wait += 50000) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            for (int64_t i = 0; i < 4; i++) {
                const struct source *source = i % 2 == 0 ? &next : &ec;
                const uint8_t *id = i % 2 == 0 ? id_b : id_a;
                if (live_clean(live, NULL, 0, NULL) != TLSAGEN_OK ||
                    live_create(live, source, id, &as_it_is, PKI_NOW + wait / 1000 + i, version,
                                NULL) != TLSAGEN_OK ||
                    live_switch(live, version, NULL) != TLSAGEN_OK)
                    _exit(1);
            }
            _exit(0);
        }
        const struct timespec pause = {.tv_nsec = wait};
        int result;
        (void)nanosleep(&pause, NULL);
        (void)kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result) || WEXITSTATUS(result) == 0);
        ended += !WIFSIGNALED(result);
        killed += WIFSIGNALED(result);
        assert_int_equal(live_look(live, found, NULL), TLSAGEN_OK);
        source_init(&read);
        assert_int_equal(live_read(ctx, live, found, FILES_HOST, PKI_NOW, &read, NULL), TLSAGEN_OK);
        assert_int_equal(read.count, 1);
        assert_true(memcmp(read.pairs[0].leaf, ec.pairs[0].leaf, MODEL_ID) == 0 ||
                    memcmp(read.pairs[0].leaf, next.pairs[0].leaf, MODEL_ID) == 0);
        source_clear(&read);
    }
    assert_true(killed > 0);
    assert_int_equal(live_clean(live, NULL, 0, NULL), TLSAGEN_OK);
    source_clear(&ec);
    source_clear(&next);
}

static int enter(void **state)
{
    return files_enter(state) != 0 || tlsagen_ctx_new(&ctx, NULL) != TLSAGEN_OK;
}

static int leave(void **state)
{
    tlsagen_ctx_free(ctx);
    return files_leave(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_nothing_forward_and_back),
        cmocka_unit_test(the_same_is_not_made_twice),
        cmocka_unit_test(two_pairs_are_read_back),
        cmocka_unit_test(names_of_many_pairs),
        cmocka_unit_test(owner_and_mode_stay),
        cmocka_unit_test(what_is_there_is_not_touched),
        cmocka_unit_test(a_full_disk_leaves_the_old),
        cmocka_unit_test(old_versions_go),
        cmocka_unit_test(killed_at_any_moment),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
