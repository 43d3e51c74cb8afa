/*
 * broker_conf.c - the table of configuration keys, and what they set.
 */
#include "broker_conf.h"

#include "hf_file.h"
#include "hf_text.h"

#define FILE_NAME "broker.yaml"

static const struct hf_conf_key keys[] = {
    {"name", HF_CONF_STRING, NULL, 1, HF_ORG_BYTES - 1,
     "This broker's id in the registry."},
    {"operator", HF_CONF_STRING, "", 0, HF_ORG_BYTES - 1,
     "The member that runs it."},
    {"listen", HF_CONF_STRING, NULL, 1, REGISTRY_ENDPOINT_BYTES - 7,
     "address:port to listen on, e.g. 0.0.0.0:7300."},
    {"endpoint", HF_CONF_STRING, "", 0, REGISTRY_ENDPOINT_BYTES - 7,
     "host:port as others reach it; the one listened on if not given."},
    {"key-file", HF_CONF_STRING, "", 0, PATH_MAX - 1,
     "The file, made by `seal`, under whose key the broker's keys lie sealed; "
     "absolute. The credential handoff-broker-key comes before it."},
    {"spool-size", HF_CONF_SIZE, "16GiB", UINT64_C(1) << 24, UINT64_C(1) << 42,
     "Ceiling of the spool; then no more is taken."},
    {"links", HF_CONF_U64, "1024", 4, 20000,
     "Connections that are served at a time."},
    {"io-threads", HF_CONF_U64, "2", 1, 16,
     "Threads that encrypt and decrypt links."},
    {"mailbox-count", HF_CONF_U64, "1000000", 1, 100000000,
     "Envelopes a mailbox may hold."},
    {"mailbox-size", HF_CONF_SIZE, "4GiB", 1024 * 1024, UINT64_C(1) << 42,
     "Bytes a mailbox may hold."},
    {"quota-period", HF_CONF_DURATION, "1h", 1000, 86400000,
     "The period that the sender's quotas below are for."},
    {"quota-count", HF_CONF_U64, "200000", 1, UINT64_C(1) << 40,
     "Envelopes an organisation may submit in a period."},
    {"quota-size", HF_CONF_SIZE, "2GiB", 1024 * 1024, UINT64_C(1) << 50,
     "Bytes an organisation may submit in a period."},
    {"resend-after", HF_CONF_DURATION, "60s", 1000, 3600000,
     "What is not acknowledged for so long is delivered again."},
    {"expiry-check", HF_CONF_DURATION, "60s", 1000, 3600000,
     "Pause between two searches for envelopes whose time passed."},
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

void
broker_conf_help(FILE *out)
{
    hf_conf_help(out, keys, N_KEYS);
}

static bool
parse_org(const struct hf_conf *c, const char *path, const char *key,
          struct hf_org *ret_org, char error[static HF_CONF_ERROR_BYTES])
{
    const char *text = hf_conf_string(c, key);

    if (text[0] == '\0' || hf_org_parse(text, ret_org))
        return true;
    (void)snprintf(error, HF_CONF_ERROR_BYTES,
                   "%s:%u: %s: not an id (a-z, 0-9 and -)", path,
                   hf_conf_line(c, key), key);
    return false;
}

static void
fill(struct broker_file *f, const struct hf_conf *c)
{
    const char *endpoint = hf_conf_string(c, "endpoint");

    (void)snprintf(f->listen, sizeof(f->listen), "tcp://%s",
                   hf_conf_string(c, "listen"));
    if (endpoint[0] == '\0')
        memcpy(f->endpoint, f->listen, sizeof(f->endpoint));
    else
        (void)snprintf(f->endpoint, sizeof(f->endpoint), "tcp://%s", endpoint);
    (void)snprintf(f->key_file, sizeof(f->key_file), "%s",
                   hf_conf_string(c, "key-file"));
    f->spool_bytes = hf_conf_u64(c, "spool-size");
    f->io_threads = (int)hf_conf_u64(c, "io-threads");
    f->core = broker_conf_default(&f->name);
    f->core.links_max = hf_conf_u64(c, "links");
    f->core.rows_max = 64 * f->core.links_max;
    f->core.box_count_max = hf_conf_u64(c, "mailbox-count");
    f->core.box_bytes_max = hf_conf_u64(c, "mailbox-size");
    f->core.quota_period_ms = hf_conf_u64(c, "quota-period");
    f->core.quota_count = hf_conf_u64(c, "quota-count");
    f->core.quota_bytes = hf_conf_u64(c, "quota-size");
    f->core.resend_ms = hf_conf_u64(c, "resend-after");
    f->core.sweep_ms = hf_conf_u64(c, "expiry-check");
    if (f->core.rows_max < 16384)
        f->core.rows_max = 16384;
}

enum hf_err
broker_conf_load(const char *dir, struct broker_file *ret_file,
                 char error[static HF_CONF_ERROR_BYTES])
{
    char path[PATH_MAX];
    struct broker_file f = {0};
    struct hf_conf *c = NULL;
    enum hf_err err;

    hf_path(path, sizeof(path), dir, FILE_NAME);
    err = hf_conf_load(path, keys, N_KEYS, &c, error);
    if (err)
        return err;
    if (parse_org(c, path, "name", &f.name, error) &&
        parse_org(c, path, "operator", &f.operated_by, error)) {
        fill(&f, c);
        *ret_file = f;
    } else {
        err = HF_ERR_MALFORMED;
    }
    hf_conf_free(c);
    return err;
}

enum hf_err
broker_conf_write(const char *dir, const struct broker_file *file)
{
    char path[PATH_MAX];
    struct hf_buf text;
    enum hf_err err = HF_ERR_NOMEM;

    hf_buf_init(&text, 4096);
    (void)hf_buf_printf(&text,
                        "# handoff-broker --help-config says what else "
                        "may stand here\nname: %s\n",
                        file->name.s);
    if (file->operated_by.s[0] != '\0')
        (void)hf_buf_printf(&text, "operator: %s\n", file->operated_by.s);
    (void)hf_buf_printf(&text, "listen: \"%s\"\n", file->listen + 6);
    if (!text.failed)
        err = hf_file_write(hf_path(path, sizeof(path), dir, FILE_NAME), text.p,
                            text.n, 0600);
    hf_buf_free(&text);
    return err;
}
