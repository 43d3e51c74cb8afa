#!/usr/bin/env bash
# The referral form and the record on paper, in the reader's language: one file
# each, nothing loaded from anywhere, and machine output that never changes.
. "$(dirname "$0")/lib.sh"

e2e_network iom-af clinic-kbl
kabul() { "$net_bin/handoff" -C "$NET/nodes/iom-af" "$@"; }
net_do kabul user add leila --role case_manager --language ar
net_do kabul user add claire --role case_manager --language fr
net_do kabul user add nurse --role health
e2e_case iom-af
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "received" is clinic-kbl .state received show "$referral"
net_do hf clinic-kbl accept "$referral" --focal demo
soon "the sections have gone" is clinic-kbl '.sections | has("identity")' \
    true show "$referral"
has() { grep -qF -- "$2" "$work/$1"; }
hf clinic-kbl print "$referral" >"$work/en.html"
kabul --user claire print "$referral" >"$work/fr.html"
kabul --user leila print "$referral" >"$work/ar.html"
check "English, unless the user says otherwise" \
    has en.html '<h1>Inter-agency referral form</h1>'
check "French for who reads French" \
    has fr.html "<h1>Fiche d'orientation inter-agences</h1>"
check "Arabic, from the right" has ar.html '<html lang="ar" dir="rtl">'
check "with its title" has ar.html '<h1>استمارة الإحالة بين الوكالات</h1>'
check "the states, too" has ar.html 'مقبول'
check "English is from the left" has en.html '<html lang="en">'
for page in en fr ar; do
    check "$page: the person's name as it is written" \
        has $page.html 'Nasir Habib Wardakzai'
    check "$page: nothing is loaded" sh -c \
        "! grep -qiE '(src|href|url)[=(]|<script|https?:' '$work/$page.html'"
    check "$page: lines to sign on" \
        test "$(grep -o 'class="line"' "$work/$page.html" | wc -l)" -ge 8
done
kabul --user claire print "$case_id" --to "$work/record.html" >/dev/null
check "the record, only its owner reads it" \
    test "$(stat -c %a "$work/record.html")" = 600
check "in French, with its referral" sh -c "grep -q 'Dossier individuel' \
    '$work/record.html' && grep -q '$(echo "$referral" | cut -c1-11)' \
    '$work/record.html'"
exits 65 kabul --user claire print "$case_id" --to "$work/record.html"
kabul --user nurse print "$case_id" --why "blood test" >"$work/nurse.html"
check "a nurse's has no debts in it" sh -c "! grep -q owed_to \
    '$work/nurse.html' && ! grep -qi 'owed to' '$work/nurse.html'"
kabul --user leila print "$referral" --language fr-FR >"$work/asked.html"
check "another language on demand" has asked.html 'lang="fr"'
exits 66 hf iom-af print HR-0000000000000000000000000
exits 64 hf iom-af print "$referral" --language xx
exits 64 hf iom-af print "$referral" --to "$work/form.pdf"

# Terminals speak, too; programs are not disturbed.
for lang in fr_FR.UTF-8 ar; do
    LANG=$lang LC_ALL= LANGUAGE= hf iom-af --json list >"$work/$lang.json"
done
hf iom-af --json list >"$work/en.json"
check "JSON is the same in every language" sh -c "cmp '$work/en.json' \
    '$work/ar.json' && cmp '$work/en.json' '$work/fr_FR.UTF-8.json'"
LANG=fr_FR.UTF-8 LC_ALL= LANGUAGE= hf iom-af list >"$work/list.txt"
check "a list in French" has list.txt MODIFIÉ
LANGUAGE=de hf iom-af list >"$work/list.txt"
check "no German yet: English" has list.txt CHANGED
