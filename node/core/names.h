/*
 * names.h - a person in a plain form, so that two spellings of one name meet:
 * letters without case and marks, Arabic letters without vowel signs and in
 * one shape each, words in order, then year of birth and sex.
 *
 * Pure; reads the JSON of an identity section without unpacking it: strings of
 * the outermost object, nothing deeper. Internal to the core.
 */
#ifndef NODE_CORE_NAMES_H
#define NODE_CORE_NAMES_H

#include "hf_types.h"

#define NAMES_BYTES 640

/** names_plain: of "given_name", "family_name" or "name", "birth_date" and
 * "sex". Returns its length; 0 where that is too little to go by: one name and
 * no year, or no name, or JSON that does not parse. */
size_t names_plain(struct hf_bytes json, char ret[static NAMES_BYTES]);

#endif /* NODE_CORE_NAMES_H */
