#include "cli_i18n.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CATALOGUE "handoff"

static const struct {
    const char *code;
    bool is_rtl;
} languages[] = {{"en", false}, {"fr", false}, {"ar", true}};
static size_t in_use; /* index of languages[]; English before it is set */

/* The catalogues of the tree, or the installation, that the program is of. */
static void
bind(void)
{
    char path[PATH_MAX], *slash;
    const ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

    if (n <= 0)
        return;
    path[n] = '\0';
    for (int i = 0; i < 2 && (slash = strrchr(path, '/')) != NULL; i++)
        *slash = '\0';
    memcpy(path + strlen(path), "/share/locale", sizeof("/share/locale"));
    (void)bindtextdomain(CATALOGUE, path);
    (void)bind_textdomain_codeset(CATALOGUE, "UTF-8");
    (void)textdomain(CATALOGUE);
}

/* C.UTF-8 is in every Debian; gettext takes the language from LANGUAGE, and
 * looks again when the locale is set. */
bool
cli_i18n_use(const char *language)
{
    bool found = false;

    in_use = 0;
    for (size_t i = 0; i < sizeof(languages) / sizeof(*languages); i++) {
        const size_t n = strlen(languages[i].code);

        if (strncmp(language, languages[i].code, n) == 0 &&
            (language[n] == '\0' || strchr("-_.@:", language[n]) != NULL)) {
            in_use = i;
            found = true;
        }
    }
    bind();
    (void)setenv("LANGUAGE", languages[in_use].code, 1);
    (void)setlocale(LC_MESSAGES, in_use == 0 ? "C" : "C.UTF-8");
    return found;
}

void
cli_i18n_start(void)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES",
                                        "LANG"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0') {
            (void)cli_i18n_use(value);
            return;
        }
    }
}

const char *
cli_i18n_language(void)
{
    return languages[in_use].code;
}

bool
cli_i18n_is_rtl(void)
{
    return languages[in_use].is_rtl;
}

const char *
cli_tr(const char *text)
{
    /* gettext("") is the catalogue's header */
    return text[0] == '\0' || in_use == 0 ? text : gettext(text);
}
