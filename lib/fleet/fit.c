/*
 * fit.c - may the records of a certificate be published that were not so far?
 *
 * What is published already stays, whatever its certificate has become. Where a rollover deploys
 * (`live`), what it refuses gets no record. Elsewhere `source` is what the server shows, or soon
 * will, and it is asked whether the record can serve:
 *
 *   - Usages 0 to 2 ask for the dates and the name (RFC 7671 sections 5.2 to 5.4): such a record
 *     would turn away all who look it up, where none lets them in.
 *   - Usage 3 asks for neither (section 5.1): the record of an expired certificate serves as long
 *     as that is shown, and that of one certificate serves many hosts.
 *   - A certificate that is not valid yet is not the one in use. Its record beside another does no
 *     harm; alone it turns away all who look it up.
 */
#include <stdlib.h>

#include "work.h"

void fit_init(struct wants *wants)
{
    tlsagen_rrset_init(&wants->set);
    wants->unfit.code = TLSAGEN_OK;
    wants->early = false;
}

bool fit_needs_name(const struct work_service *service)
{
    for (size_t i = 0; i < service->config->field_count; i++) {
        if (service->config->fields[i].usage == TLSAGEN_USAGE_DANE_EE)
            return false;
    }
    return true;
}

bool fit_is_new(const struct work_service *service, const struct tlsagen_rrset *set)
{
    return !set_has_all(&service->applied, set);
}

void fit_note(const struct work_service *service, struct wants *wants,
              const struct source_leaf *leaf, int64_t now)
{
    if (wants->unfit.code == TLSAGEN_OK &&
        source_check_leaf(leaf, service->config->host, now, &wants->unfit) != TLSAGEN_OK)
        wants->early = now < leaf->not_before;
}

enum tlsagen_status fit_judge(struct work_service *service, const struct wants *wants,
                              struct tlsagen_err *err)
{
    if (wants->unfit.code == TLSAGEN_OK)
        return TLSAGEN_OK;
    if (!fit_is_new(service, &wants->set)) {
        desired_note(service, "%s", wants->unfit.message);
        return TLSAGEN_OK;
    }
    if (fit_needs_name(service) || (wants->early && service->applied.count == 0))
        return tlsagen_err_set(err, wants->unfit.code, "%s; no record is published for it",
                               wants->unfit.message);
    desired_note(service, "%s; usage 3 does not ask for that, a rollover does",
                 wants->unfit.message);
    return TLSAGEN_OK;
}

enum tlsagen_status fit_ask_rollover(struct desiring *desiring, const struct work_service *service,
                                     struct tlsagen_err *err)
{
    struct member *member;
    enum tlsagen_status status = desiring_open_member(desiring, service->config, &member, err);
    if (status == TLSAGEN_OK && !member->view.source_fit) {
        *err = member->source_err;
        status = err->code;
    } else if (status == TLSAGEN_E_NOTFOUND) { /* not `source`, which was read */
        status = err->code = TLSAGEN_E_KIND;
    }
    if (member != NULL)
        member_close(member);
    free(member);
    return status;
}
