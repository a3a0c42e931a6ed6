/* confirm.c - the server answers with the records. */

#include <tlsagen/dns.h>

#include "match.h"
#include "run.h"

#define FIRST_PAUSE_MS 5
#define LAST_PAUSE_MS 75
#define QUESTION_MS 5000U /* in three tries: an answer may take a third of it */

static const char *what_is_served(const struct tlsagen_dns_answer *answer)
{
    switch (answer->found) {
    case TLSAGEN_DNS_RECORDS:
        return answer->authoritative ? "with other records" : "without authority for the zone";
    case TLSAGEN_DNS_NO_DATA:
    case TLSAGEN_DNS_NO_NAME:
        return "that there are none";
    case TLSAGEN_DNS_NOTHING:
        break;
    }
    return "nothing";
}

/* One look at all owners; *served, or err says what is missing. */
static enum tlsagen_status look(struct run *run, bool *served, struct tlsagen_err *err)
{
    *served = true;
    run->served_ttl = -1;
    for (size_t i = 0; i < run->publish->owner_count && *served; i++) {
        const struct tlsagen_dns_question question = {
            .address = run->reload.address != NULL ? run->reload.address : "127.0.0.1",
            .port = run->reload.port,
            .name = run->owners[i].at,
            .type = TLSAGEN_DNS_TLSA,
            .timeout_ms = QUESTION_MS,
        };
        struct tlsagen_dns_answer answer;
        enum tlsagen_status status = tlsagen_dns_ask(&question, &answer, err);
        *served = status == TLSAGEN_OK && match_set(&answer, run->publish->set, run->publish->add);
        if (i == 0)
            run->served_ttl = answer.ttl;
        else if (run->served_ttl != (int64_t)answer.ttl)
            run->served_ttl = -1;
        if (status == TLSAGEN_OK && !*served)
            (void)tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                                  "%s: the zone is loaded, and the server at %s answers %s; see "
                                  "--query, and whether another view or server answers there",
                                  question.name, question.address, what_is_served(&answer));
        tlsagen_dns_answer_clear(&answer);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

enum tlsagen_status run_confirm(struct run *run, int64_t begin, uint32_t wait_ms,
                                struct tlsagen_err *err)
{
    for (int64_t pause = FIRST_PAUSE_MS;;) {
        bool served;
        enum tlsagen_status status = look(run, &served, err);
        run->result->elapsed_ms = (uint32_t)(serve_now() - begin);
        if (status != TLSAGEN_OK)
            return status;
        if (served) {
            run->result->served = true;
            return TLSAGEN_OK;
        }
        int64_t left = begin + wait_ms - serve_now();
        if (left <= 0)
            return TLSAGEN_E_TIMEOUT;
        serve_nap(pause < left ? pause : left);
        pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS;
    }
}
