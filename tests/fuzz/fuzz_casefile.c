/* Fuzz target: case, consent and service files. Whatever the bytes, a check
 * ends with a result whose parts keep their promises, or with a complaint that
 * names no more than a path. The first byte says which kind the rest is. */
#include <stdlib.h>

#include "casefile.h"
#include "consentfile.h"
#include "hf_assert.h"
#include "servicefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct registry_org orgs[] = {{.id = {"clinic-kbl"},
                                      .kind = ORG_CLINIC,
                                      .country = "AF",
                                      .status = MEMBER_ACTIVE},
                                     {.id = {"iom-af"},
                                      .kind = ORG_IOM_OFFICE,
                                      .country = "AF",
                                      .status = MEMBER_ACTIVE}};

static void
check_complaint(const struct filecheck_error *e)
{
    HF_ASSERT(e->what[0] != '\0');
    HF_ASSERT(memchr(e->what, '\0', sizeof(e->what)) != NULL);
    HF_ASSERT(memchr(e->path, '\0', sizeof(e->path)) != NULL);
}

static void
try_case(json_t *json)
{
    static const struct facts held = {.origin = "AF"};
    struct filecheck_error e;
    struct casefile f;

    if (!casefile_check(json, NULL, &f, &e)) {
        check_complaint(&e);
    } else {
        HF_ASSERT(hf_country_ok(f.facts.origin));
        for (int i = 0; i < FACTS_LANGUAGES_MAX; i++)
            HF_ASSERT(memchr(f.facts.language[i], '\0', LANGUAGE_BYTES) !=
                      NULL);
    }
    if (!casefile_check(json, &held, &f, &e))
        check_complaint(&e);
    if (!casefile_sections(json, &f, &e))
        check_complaint(&e);
}

static void
try_consent(json_t *json)
{
    static const struct registry registry = {.n_orgs = 2, .orgs = orgs};
    static struct consent c;
    struct filecheck_error e;

    if (!consentfile_check(json, false, NULL, &c, &e))
        check_complaint(&e);
    if (!consentfile_check(json, true, &registry, &c, &e))
        check_complaint(&e);
    if (!consentfile_check(json, false, &registry, &c, &e))
        check_complaint(&e);
    else
        HF_ASSERT(consent_check(&c) == NULL);
}

static void
try_services(json_t *json)
{
    static struct service list[SERVICEFILE_SERVICES_MAX];
    static const struct hf_org org = {"clinic-kbl"};
    struct filecheck_error e;
    size_t n = 0;

    if (!servicefile_check(json, &org, 1, list, &n, &e)) {
        check_complaint(&e);
        return;
    }
    HF_ASSERT(n <= SERVICEFILE_SERVICES_MAX);
    for (size_t i = 0; i < n; i++)
        HF_ASSERT(service_check(&list[i]) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json;

    if (size < 1)
        return 0;
    json = json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES,
                      NULL);
    if (json == NULL)
        return 0;
    if (data[0] == 's')
        try_services(json);
    else if (data[0] == 'o')
        try_consent(json);
    else
        try_case(json);
    json_decref(json);
    return 0;
}
