/* Unit tests of lib/base/hf_yaml: what is kept, and all that is refused. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>

#include "hf_yaml.h"

static struct hf_yaml_node *root;
static struct hf_yaml_error error;

static enum hf_err
parse(const char *text)
{
    const struct hf_bytes bytes = {(const uint8_t *)text, strlen(text)};

    hf_yaml_free(root);
    root = NULL;
    memset(&error, 0, sizeof(error));
    return hf_yaml_parse(bytes, &root, &error);
}

static void
refused(const char *text, unsigned line, const char *what)
{
    const enum hf_err err = parse(text);

    cr_expect(ne(int, err, HF_OK), "%s", text);
    cr_expect(eq(ptr, root, NULL));
    cr_expect(eq(u32, error.line, line), "%s", text);
    cr_expect(ne(ptr, strstr(error.what, what), NULL), "%s", error.what);
}

static void
end(void)
{
    hf_yaml_free(root);
    root = NULL;
}

TestSuite(hf_yaml, .fini = end);

Test(hf_yaml, keeps_every_key_with_its_place)
{
    const struct hf_yaml_node *identity;
    const struct hf_yaml_node *names;

    cr_assert(eq(int,
                 parse("# a case\n"
                       "identity:\n"
                       "  given_name: \"Amina\"\n"
                       "  birth_date: 1994-05-02\n"
                       "  aliases: [Mina, 'A. K.']\n"
                       "unheard_of: 7\n"),
                 HF_OK));
    cr_expect(eq(int, root->kind, HF_YAML_MAP));
    cr_expect(eq(sz, root->n_children, 2));
    identity = hf_yaml_find(root, "identity");
    cr_assert(ne(ptr, (void *)identity, NULL));
    cr_expect(eq(str, identity->first->text, "Amina"));
    cr_expect(identity->first->is_quoted);
    cr_expect(not(identity->first->next->is_quoted));
    cr_expect(eq(u32, identity->first->next->key_line, 4));
    cr_expect(eq(u32, identity->first->next->key_column, 3));
    cr_expect(eq(u32, identity->first->next->column, 15));
    names = hf_yaml_find(identity, "aliases");
    cr_expect(eq(int, names->kind, HF_YAML_SEQ));
    cr_expect(eq(sz, names->n_children, 2));
    cr_expect(eq(str, names->first->next->text, "A. K."));
    cr_expect(eq(ptr, names->first->key, NULL));
    cr_expect(eq(str, hf_yaml_find(root, "unheard_of")->text, "7"));
    cr_expect(eq(ptr, (void *)hf_yaml_find(root, "unheard"), NULL));
    cr_expect(eq(ptr, (void *)hf_yaml_find(names, "Mina"), NULL));
}

Test(hf_yaml, tells_nothing_from_an_empty_text)
{
    cr_assert(eq(int, parse("a:\nb: ~\nc: null\nd: ''\ne: 'null'\n"), HF_OK));
    cr_expect(hf_yaml_is_null(hf_yaml_find(root, "a")));
    cr_expect(hf_yaml_is_null(hf_yaml_find(root, "b")));
    cr_expect(hf_yaml_is_null(hf_yaml_find(root, "c")));
    cr_expect(not(hf_yaml_is_null(hf_yaml_find(root, "d"))));
    cr_expect(not(hf_yaml_is_null(hf_yaml_find(root, "e"))));
    cr_assert(eq(int, parse("# only a comment\n"), HF_OK));
    cr_expect(hf_yaml_is_null(root));
    cr_assert(eq(int, parse(""), HF_OK));
    cr_expect(hf_yaml_is_null(root));
}

Test(hf_yaml, refuses_anchors_and_aliases)
{
    refused("a: &x 1\nb: *x\n", 1, "anchors");
    refused("a: 1\nb: *x\n", 2, "aliases");
    refused("a: &x [1]\n", 1, "anchors");
    refused("a: &x {b: 1}\n", 1, "anchors");
    refused("&x a: 1\n", 1, "anchors");
}

Test(hf_yaml, refuses_tags)
{
    refused("a: !!str 1\n", 1, "tags");
    refused("a: 1\nb: !thing {c: 1}\n", 2, "tags");
}

Test(hf_yaml, refuses_a_repeated_key_and_names_both_lines)
{
    refused("a: 1\nb: 2\nc: 3\nb: 4\n", 4, "line 2");
    refused("x:\n  - a: 1\n    \"a\": 2\n", 3, "line 2");
    cr_expect(eq(int, parse("x: {a: 1}\ny: {a: 1}\n"), HF_OK));
}

Test(hf_yaml, refuses_keys_that_are_not_words)
{
    refused("? [a, b]\n: 1\n", 1, "key");
    refused("{a: 1}: 2\n", 1, "key");
}

Test(hf_yaml, refuses_a_second_document)
{
    refused("a: 1\n---\nb: 2\n", 2, "second document");
    refused("---\n---\nb: 2\n", 2, "second document");
    cr_expect(eq(int, parse("---\na: 1\n...\n"), HF_OK));
}

Test(hf_yaml, refuses_what_is_not_utf8)
{
    refused("a: 1\nb: \xc3\x28\n", 2, "UTF-8");
    refused("\xff\xfe"
            "a",
            1, "UTF-8");
    refused("a: 1\nb: 2\nc: \x01\n", 3, "UTF-8");
    refused("a: \"\\0\"\n", 1, "control");
    refused("a: \"\\x1b[0m\"\n", 1, "control");
    cr_expect(eq(int, parse("\xef\xbb\xbfname: کابل\n"), HF_OK));
    cr_expect(eq(str, hf_yaml_find(root, "name")->text, "کابل"));
}

Test(hf_yaml, says_where_the_syntax_is_wrong)
{
    refused("a: 1\nb: [1, 2\nc: 3\n", 3, "");
    refused("a: 'never closed\n", 2, "quoted");
    refused("a: 1\n\tb: 2\n", 2, "");
    refused("a: b: c\n", 1, "");
}

Test(hf_yaml, error_texts_do_not_quote_the_file)
{
    cr_expect(ne(int, parse("Zarghuna: 1\nZarghuna: 2\n"), HF_OK));
    cr_expect(eq(ptr, strstr(error.what, "Zarghuna"), NULL));
    cr_expect(ne(int, parse("a: *Zarghuna\n"), HF_OK));
    cr_expect(eq(ptr, strstr(error.what, "Zarghuna"), NULL));
}

Test(hf_yaml, has_a_ceiling_of_depth)
{
    char text[256];

    memset(text, '[', 32);
    memset(text + 32, ']', 32);
    text[64] = '\0';
    cr_expect(eq(int, parse(text), HF_OK));
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    text[66] = '\0';
    cr_expect(eq(int, parse(text), HF_ERR_LIMIT));
    refused("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 1, "deeper");
}

Test(hf_yaml, has_a_ceiling_of_values)
{
    char *text = malloc(4 * HF_YAML_NODES_MAX + 3);
    size_t n = 0;

    text[n++] = '[';
    for (unsigned i = 0; i < HF_YAML_NODES_MAX - 1; i++) {
        text[n++] = '1';
        text[n++] = ',';
    }
    text[n] = ']';
    text[n + 1] = '\0';
    cr_expect(eq(int, parse(text), HF_OK));
    strcpy(text + n, "1]");
    cr_expect(eq(int, parse(text), HF_ERR_LIMIT));
    free(text);
}

Test(hf_yaml, has_a_ceiling_of_bytes)
{
    char *text = malloc(HF_YAML_BYTES_MAX + 2);

    memset(text, ' ', HF_YAML_BYTES_MAX + 1);
    text[HF_YAML_BYTES_MAX + 1] = '\0';
    cr_expect(eq(int, parse(text), HF_ERR_LIMIT));
    free(text);
}

Test(hf_yaml, a_map_of_thousands_of_keys_is_checked_quickly)
{
    char *text = malloc(20 * HF_YAML_NODES_MAX);
    size_t n = 0;

    for (unsigned i = 0; i < HF_YAML_NODES_MAX / 2 - 1; i++)
        n += (size_t)sprintf(text + n, "key%u: 1\n", i);
    cr_expect(eq(int, parse(text), HF_OK));
    cr_expect(eq(sz, root->n_children, HF_YAML_NODES_MAX / 2 - 1));
    free(text);
}

Test(hf_yaml, a_missing_file_is_told_from_a_bad_one)
{
    cr_expect(eq(int, hf_yaml_load("/nonexistent/x.yaml", &root, &error),
                 HF_ERR_NOT_FOUND));
    cr_expect(eq(u32, error.line, 0));
    cr_expect(eq(int, hf_yaml_load("/", &root, &error), HF_ERR_IO));
}
