#include "settings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_conf.h"
#include "hf_file.h"
#include "hf_text.h"
#include "permit.h"

#define YEAR_MS (366ull * 24 * 3600 * 1000)

#define READS_HELP(who)                                                        \
    "What " who " reads: data categories, or all, or none; nothing here: the " \
    "default."

static const struct hf_conf_key keys[] = {
    {"org", HF_CONF_STRING, NULL, 1, HF_ORG_BYTES - 1,
     "Id of this organisation, as in the registry."},
    {"name", HF_CONF_STRING, NULL, 1, REGISTRY_TITLE_BYTES - 1,
     "Its name, for people."},
    {"kind", HF_CONF_STRING, NULL, 1, 31,
     "What it is: clinic, ministry, ngo, ... as in the registry."},
    {"country", HF_CONF_STRING, NULL, 2, 3, "Where: ISO 3166 code."},
    {"level", HF_CONF_STRING, "", 0, 15,
     "local, national, international, or nothing."},
    {"home", HF_CONF_LIST, "", 0, REGISTRY_HOMES_MAX,
     "Home brokers asked for; the registry decides."},
    {"figures_period", HF_CONF_DURATION, "0s", 0, YEAR_MS,
     "How often figures go to the committee, if less often than it says."},
    {"figures_threshold", HF_CONF_U64, "0", 0, 1000,
     "Counts below it are merged before they leave, if above the registry's."},
    {"read_case_manager", HF_CONF_LIST, "", 0, CATEGORY_END,
     READS_HELP("a case manager")},
    {"read_supervisor", HF_CONF_LIST, "", 0, CATEGORY_END,
     READS_HELP("a supervisor")},
    {"read_focal_point", HF_CONF_LIST, "", 0, CATEGORY_END,
     READS_HELP("a focal point, of referrals received and of no case,")},
    {"read_health", HF_CONF_LIST, "", 0, CATEGORY_END,
     READS_HELP("health staff")},
    {"read_mental_health_professional", HF_CONF_LIST, "", 0, CATEGORY_END,
     READS_HELP("a mental-health professional")},
    {"consent_age", HF_CONF_U64, "0", 0, 21,
     "From which age a person consents alone, 12 to 21 years; 0: as the SOP "
     "says, else 18."},
    {"why_required", HF_CONF_BOOL, "false", 0, 0,
     "Whether health, mhpss, protection and vulnerability of others' cases "
     "are shown only to who says why (--why)."},
    {"focal_point", HF_CONF_STRING, "", 0, HF_NAME_BYTES - 1,
     "User who looks at referrals and offers that arrive; nobody: they are "
     "unassigned."},
    {"passphrase_file", HF_CONF_STRING, "", 0, PATH_MAX - 1,
     "File with the passphrase of keys/store.sealed; else it is a credential, "
     "or asked at the terminal."},
    {"notify", HF_CONF_STRING, "", 0, 512,
     "Program to run when a deadline has passed, with three arguments: an id, "
     "an urgency and the rung of the ladder. A path, below DIR unless it "
     "begins with /; nothing: none."},
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* A value that the table let through and that still makes no sense. */
static bool
refuse(struct fault *fault, const char *path, const struct hf_conf *conf,
       const char *key, const char *what)
{
    return fault_set(fault, FAULT_CONFIG, "%s:%u: %s: %s", path,
                     (unsigned)hf_conf_line(conf, key), key, what);
}

/* Data categories by name; all and none stand alone. */
static bool
read_categories(const struct hf_conf *conf, const char *key, uint32_t *ret)
{
    const size_t n = hf_conf_n_items(conf, key);
    uint32_t set = NODE_READS_SET;

    for (size_t i = 0; i < n; i++) {
        const char *word = hf_conf_item(conf, key, i);
        const enum category c = category_parse(word);

        if (n == 1 && strcmp(word, "all") == 0)
            set |= CATEGORY_ALL;
        else if (c != CATEGORY_NONE)
            set |= CATEGORY_BIT(c);
        else if (n != 1 || strcmp(word, "none") != 0)
            return false;
    }
    *ret = n == 0 ? 0 : set;
    return true;
}

/* The need-to-know table: a key for each role that may read at all. */
static bool
check_reads(const char *path, const struct hf_conf *conf, struct settings *ret,
            struct fault *fault)
{
    char key[48];

    ret->node.consent_age = (uint32_t)hf_conf_u64(conf, "consent_age");
    if (ret->node.consent_age != 0 && ret->node.consent_age < 12)
        return refuse(fault, path, conf, "consent_age",
                      "12 to 21, or 0: as the SOP says");
    ret->node.is_why_required = hf_conf_bool(conf, "why_required");
    for (enum role r = ROLE_NONE + 1; r < ROLE_END; r++) {
        if (!permit_reads(r))
            continue;
        (void)snprintf(key, sizeof(key), "read_%s", role_text(r));
        if (!read_categories(conf, key, &ret->node.reads[r]))
            return refuse(fault, path, conf, key,
                          "not a data category; or all, or none, alone");
    }
    return true;
}

/* A program that is not there is found out now and not at the first deadline
 * that passes at night. */
static bool
check_notify(const char *path, const struct hf_conf *conf,
             struct settings *ret, struct fault *fault)
{
    const char *value = hf_conf_string(conf, "notify");
    char named[PATH_MAX], *slash;
    struct stat st;
    int n;

    if (value[0] == '\0')
        return true;
    (void)snprintf(named, sizeof(named), "%s", path);
    slash = strrchr(named, '/');
    if (value[0] == '/' || slash == NULL)
        n = snprintf(named, sizeof(named), "%s", value);
    else
        n = snprintf(slash + 1, sizeof(named) - (size_t)(slash + 1 - named),
                     "%s", value);
    if (n < 0 || realpath(named, ret->notify) == NULL)
        return refuse(fault, path, conf, "notify",
                      "no such program; the path alone, without arguments");
    if (stat(ret->notify, &st) != 0 || !S_ISREG(st.st_mode) ||
        access(ret->notify, X_OK) != 0)
        return refuse(fault, path, conf, "notify",
                      "not a program that this account may run");
    ret->node.has_notify = true;
    return true;
}

static bool
check(const char *path, const struct hf_conf *conf, struct settings *ret,
      struct fault *fault)
{
    struct hf_org home;

    if (!hf_org_parse(hf_conf_string(conf, "org"), &ret->node.org))
        return refuse(fault, path, conf, "org",
                      "not an organisation id; use a-z, 0-9 and -");
    ret->node.kind = org_kind_parse(hf_conf_string(conf, "kind"));
    if (ret->node.kind == ORG_KIND_NONE)
        return refuse(fault, path, conf, "kind",
                      "unknown; see the kinds in README.md");
    if (!hf_country_ok(hf_conf_string(conf, "country")))
        return refuse(fault, path, conf, "country",
                      "not an ISO 3166 code; two capital letters");
    for (size_t i = 0; i < hf_conf_n_items(conf, "home"); i++)
        if (!hf_org_parse(hf_conf_item(conf, "home", i), &home))
            return refuse(fault, path, conf, "home",
                          "not a broker id; use a-z, 0-9 and -");
    if (hf_conf_string(conf, "focal_point")[0] != '\0' &&
        !hf_name_parse(hf_conf_string(conf, "focal_point"),
                       &ret->node.focal_point))
        return refuse(fault, path, conf, "focal_point",
                      "not the name of a user");
    (void)snprintf(ret->passphrase_file, sizeof(ret->passphrase_file), "%s",
                   hf_conf_string(conf, "passphrase_file"));
    ret->node.figures_period_ms = hf_conf_u64(conf, "figures_period");
    ret->node.figures_threshold =
        (uint32_t)hf_conf_u64(conf, "figures_threshold");
    return check_reads(path, conf, ret, fault) &&
           check_notify(path, conf, ret, fault);
}

bool
settings_load(const char *dir, struct settings *ret, struct fault *fault)
{
    char error[HF_CONF_ERROR_BYTES] = "";
    struct hf_conf *conf = NULL;
    char path[PATH_MAX];
    struct stat st;
    enum hf_err err;
    bool is_ok;

    *ret = (struct settings){0};
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
        return fault_set(fault, FAULT_NOT_FOUND,
                         "%s: no such folder; make it with `handoff -C %s "
                         "init`",
                         dir, dir);
    hf_path(path, sizeof(path), dir, "handoff.yaml");
    err = hf_conf_load(path, keys, N_KEYS, &conf, error);
    if (err == HF_ERR_NOT_FOUND)
        return fault_set(fault, FAULT_NOT_FOUND,
                         "%s: no such file; `handoff -C %s init` makes it",
                         path, dir);
    if (err)
        return fault_set(fault, FAULT_CONFIG, "%s",
                         error[0] != '\0' ? error : hf_err_text(err));
    is_ok = check(path, conf, ret, fault);
    hf_conf_free(conf);
    return is_ok;
}

void
settings_help(FILE *out)
{
    hf_conf_help(out, keys, N_KEYS);
}
