/* Unit tests of lib/base/hf_conf: a table, a file, and every way to get the
 * file wrong. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdlib.h>
#include <unistd.h>

#include "hf_conf.h"

static const struct hf_conf_key keys[] = {
    {"listen", HF_CONF_STRING, "tcp://*:5670", 1, 255, "Where links come in."},
    {"seed", HF_CONF_STRING, NULL, 1, 64, "Has no default."},
    {"note", HF_CONF_STRING, "", 1, 64, "May be left out."},
    {"links", HF_CONF_U64, "64", 1, 4096, "How many links at once."},
    {"ttl", HF_CONF_DURATION, "14d", 60000, 2592000000, "How long to keep."},
    {"map", HF_CONF_SIZE, "64MiB", 1 << 20, 1LL << 40,
     "First size of the map."},
    {"brokers", HF_CONF_LIST, "", 1, 3, "Where to connect to."},
    {"metrics", HF_CONF_BOOL, "false", 0, 0, "Whether to serve metrics."},
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static struct hf_conf *conf;
static char error[HF_CONF_ERROR_BYTES];

static enum hf_err
parse(const char *text)
{
    const struct hf_bytes bytes = {(const uint8_t *)text, strlen(text)};

    hf_conf_free(conf);
    conf = NULL;
    error[0] = '\0';
    return hf_conf_parse("broker.yaml", bytes, keys, N_KEYS, &conf, error);
}

static void
refused(const char *text, const char *begins)
{
    cr_expect(eq(int, parse(text), HF_ERR_MALFORMED), "%s", text);
    cr_expect(eq(ptr, conf, NULL));
    cr_expect(eq(ptr, strstr(error, begins), error), "%s: %s", text, error);
}

static void
end(void)
{
    hf_conf_free(conf);
}

TestSuite(hf_conf, .fini = end);

Test(hf_conf, reads_every_type)
{
    cr_assert(eq(int,
                 parse("listen: tcp://127.0.0.1:7\n"
                       "seed: 12\n"
                       "links: 9\n"
                       "ttl: 36h\n"
                       "map: 1GiB\n"
                       "brokers: [a, 'b']\n"
                       "metrics: true\n"),
                 HF_OK),
              "%s", error);
    cr_expect(
        eq(str, (char *)hf_conf_string(conf, "listen"), "tcp://127.0.0.1:7"));
    cr_expect(eq(str, (char *)hf_conf_string(conf, "seed"), "12"));
    cr_expect(eq(u64, hf_conf_u64(conf, "links"), 9));
    cr_expect(eq(u64, hf_conf_u64(conf, "ttl"), 36 * 3600000));
    cr_expect(eq(u64, hf_conf_u64(conf, "map"), 1 << 30));
    cr_expect(eq(sz, hf_conf_n_items(conf, "brokers"), 2));
    cr_expect(eq(str, (char *)hf_conf_item(conf, "brokers", 1), "b"));
    cr_expect(hf_conf_bool(conf, "metrics"));
    cr_expect(hf_conf_is_set(conf, "links"));
    cr_expect(eq(u32, hf_conf_line(conf, "links"), 3));
}

Test(hf_conf, falls_back_on_the_table)
{
    cr_assert(eq(int, parse("seed: x\n"), HF_OK), "%s", error);
    cr_expect(eq(str, (char *)hf_conf_string(conf, "listen"), "tcp://*:5670"));
    cr_expect(eq(str, (char *)hf_conf_string(conf, "note"), ""));
    cr_expect(eq(u64, hf_conf_u64(conf, "links"), 64));
    cr_expect(eq(u64, hf_conf_u64(conf, "ttl"), 14 * 86400000LL));
    cr_expect(eq(u64, hf_conf_u64(conf, "map"), 64 << 20));
    cr_expect(eq(sz, hf_conf_n_items(conf, "brokers"), 0));
    cr_expect(not(hf_conf_bool(conf, "metrics")));
    cr_expect(not(hf_conf_is_set(conf, "links")));
}

Test(hf_conf, names_the_line_of_an_unknown_key)
{
    refused("seed: x\n\nlisten_on: 7\n",
            "broker.yaml:3: unknown key 'listen_on'");
}

Test(hf_conf, names_the_line_of_a_repeated_key)
{
    refused("seed: x\nlinks: 7\nlinks: 7\n", "broker.yaml:3: ");
}

Test(hf_conf, says_that_a_key_is_missing)
{
    refused("links: 7\n", "broker.yaml: seed is missing");
    refused("# nothing\n", "broker.yaml: seed is missing");
}

Test(hf_conf, refuses_the_wrong_type)
{
    refused("seed: x\nlinks: seven\n", "broker.yaml:2: links must be a number");
    refused("seed: x\nlinks: '7'\n", "broker.yaml:2: links");
    refused("seed: x\nlinks: [7]\n", "broker.yaml:2: links");
    refused("seed: x\nlinks:\n", "broker.yaml:2: links");
    refused("seed: x\nttl: 14\n", "broker.yaml:2: ttl must be a duration");
    refused("seed: x\nmap: 64\n", "broker.yaml:2: map must be a size");
    refused("seed: x\nmetrics: maybe\n", "broker.yaml:2: metrics");
    refused("seed: x\nbrokers: a\n", "broker.yaml:2: brokers must be a list");
    refused("seed: x\nbrokers:\n- a\n- [b]\n", "broker.yaml:4: brokers");
    refused("seed: x\nbrokers:\n- a\n-\n", "broker.yaml:4: brokers");
    refused("seed: {a: b}\n", "broker.yaml:1: seed");
    refused("- seed\n", "broker.yaml:1: ");
    refused("seed\n", "broker.yaml:1: ");
}

Test(hf_conf, refuses_what_is_out_of_range)
{
    refused("seed: x\nlinks: 0\n", "broker.yaml:2: links");
    refused("seed: x\nlinks: 4097\n", "broker.yaml:2: links");
    refused("seed: x\nttl: 59s\n", "broker.yaml:2: ttl");
    refused("seed: x\nttl: 31d\n", "broker.yaml:2: ttl");
    refused("seed: x\nmap: 2TiB\n", "broker.yaml:2: map");
    refused("seed: ''\n", "broker.yaml:1: seed");
    refused("seed: x\nbrokers: [a, b, c, d]\n", "broker.yaml:2: brokers");
    refused("seed: x\nbrokers: []\n", "broker.yaml:2: brokers");
    cr_expect(eq(int, parse("seed: x\nlinks: 4096\nttl: 30d\n"), HF_OK));
}

Test(hf_conf, the_help_is_a_sample_of_the_file)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    char *line;

    hf_conf_help(out, keys, N_KEYS);
    fclose(out);
    cr_expect(ne(ptr, strstr(text, "from 1m to 30d"), NULL), "%s", text);
    cr_expect(ne(ptr, strstr(text, "from 1MiB to 1TiB"), NULL), "%s", text);
    cr_expect(ne(ptr, strstr(text, "\n#ttl: 14d\n"), NULL), "%s", text);
    cr_expect(ne(ptr, strstr(text, "must be given"), NULL));
    for (line = text; line != NULL && *line != '\0';) {
        cr_expect(le(sz, strcspn(line, "\n"), 80), "%.100s", line);
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }

    /* Taking away the '#' before the keys must give a file that parses. */
    for (size_t i = 0; i < N_KEYS; i++) {
        char mark[64];

        snprintf(mark, sizeof(mark), "\n#%s:", keys[i].name);
        line = strstr(text, mark);
        cr_assert(ne(ptr, line, NULL), "%s", keys[i].name);
        if (keys[i].fallback != NULL && keys[i].fallback[0] != '\0')
            line[1] = ' ';
    }
    for (char *c = text; *c != '\0'; c++) { /* unindent what was uncommented */
        if (c[0] == '\n' && c[1] == ' ')
            c[0] = ' ', c[1] = '\n';
    }
    line = malloc(n + 16);
    sprintf(line, "seed: x\n%s", text);
    cr_expect(eq(int, parse(line), HF_OK), "%s", error);
    cr_expect(hf_conf_is_set(conf, "ttl"));
    cr_expect(hf_conf_is_set(conf, "listen"));
    free(line);
    free(text);
}

Test(hf_conf, a_file_that_is_not_there_is_named)
{
    cr_expect(
        eq(int, hf_conf_load("/nonexistent/b.yaml", keys, N_KEYS, &conf, error),
           HF_ERR_NOT_FOUND));
    cr_expect(eq(ptr, strstr(error, "/nonexistent/b.yaml: "), error));
}
