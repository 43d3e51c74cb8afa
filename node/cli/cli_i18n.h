/*
 * cli_i18n.h - texts in the language of whoever reads them, by gettext.
 *
 * Catalogues lie beside the program (../share/locale, made from po/ at build
 * time), so that a build tree speaks, too, and no locale has to be installed.
 * Only text for people is translated: JSON, error codes, ids and words of the
 * closed vocabularies in machine output never change.
 */
#ifndef NODE_CLI_I18N_H
#define NODE_CLI_I18N_H

#include <stdbool.h>

/** cli_i18n_start: the language of the environment: LANGUAGE, LC_ALL,
 * LC_MESSAGES, LANG; one that there is no catalogue for is English. */
void cli_i18n_start(void);
/** cli_i18n_use: another one, BCP 47 ("ar", "fr-FR"); false: not known, and
 * English is used. */
bool cli_i18n_use(const char *language);
/** cli_i18n_language: "en", "fr", "ar". cli_i18n_is_rtl: written from the
 * right. */
const char *cli_i18n_language(void);
bool cli_i18n_is_rtl(void);
/** cli_tr: the text in that language; itself if it is not in the catalogue.
 * "" stays empty. */
const char *cli_tr(const char *text) __attribute__((format_arg(1)));

/* Marks a text that is translated where it is printed. */
#define CLI_N(text) text

#endif /* NODE_CLI_I18N_H */
