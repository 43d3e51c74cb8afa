/* Tables for a spreadsheet: quoted where it must be, and never a formula. */
#include "cli_csv.h"

#include <stdlib.h>
#include <string.h>

#include "cli_out.h"
#include "hf_buf.h"

#define CSV_BYTES_MAX (64u * 1024 * 1024)

/* Quotes are doubled. A leading sign that a spreadsheet would take for a
 * formula is quoted away, too. */
static void
put_text(struct hf_buf *buf, const char *text)
{
    (void)hf_buf_add(buf, "\"", 1);
    if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
        (void)hf_buf_add(buf, "'", 1);
    for (; *text != '\0'; text++)
        (void)hf_buf_add(buf, *text == '"' ? "\"\"" : text,
                         *text == '"' ? 2 : 1);
    (void)hf_buf_add(buf, "\"", 1);
}

static void
put_value(struct hf_buf *buf, const json_t *value)
{
    char *list;

    if (json_is_integer(value)) {
        (void)hf_buf_printf(buf, "%lld",
                            (long long)json_integer_value(value));
    } else if (json_array_size(value) > 0) {
        list = cli_out_join(value);
        put_text(buf, list != NULL ? list : "");
        free(list);
    } else {
        put_text(buf,
                 json_is_string(value) ? json_string_value(value) : "");
    }
}

int
cli_csv_write(struct cli *c, const char *const *key, size_t n,
              const json_t *items)
{
    const char *path = cli_value(c, "csv");
    struct hf_buf buf;
    json_t *item;
    size_t i;
    int status;

    hf_buf_init(&buf, CSV_BYTES_MAX);
    for (i = 0; i < n; i++)
        (void)hf_buf_printf(&buf, "%s%s", key[i], i + 1 < n ? "," : "\r\n");
    json_array_foreach(items, i, item)
    {
        for (size_t k = 0; k < n; k++) {
            put_value(&buf, json_object_get(item, key[k]));
            (void)hf_buf_add(&buf, k + 1 < n ? "," : "\r\n",
                             k + 1 < n ? 1 : 2);
        }
    }
    status = buf.failed ? cli_cannot_write(c, path, "", HF_ERR_NOMEM)
                        : cli_write_new(c, "csv", path, &buf);
    hf_buf_free(&buf);
    return status;
}
