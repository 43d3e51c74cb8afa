#!/bin/bash
# After an erase nothing is left at the receiver: not in its files, not in the
# memory of its running daemon, not in a broker's spool, not in a backup that
# can be restored. Searched for, byte by byte, words and keys; the same search
# finds them before, where they are.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tool=$root/tests/e2e/casekeys.py
run=$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n' | tr '0-9' 'g-p')
words="Zqname$run Zqill$run Zqnumber$run"
printf '%s\n' $words >"$work/words"
keys() { python3 "$tool" list "$(net_dir "$1")" | sort; }
words_in() { python3 "$root/tests/e2e/canary.py" "$work/words" "$@"; }
in_files() { python3 "$tool" find $gone -- "$@" | head -3; }
in_memory() {
    python3 "$tool" memory "$(net_pid "$1")" ${2-} $(printf '=%s ' $words)
}
nothing() { [ -z "$("$@")" ]; }
forgotten() { nothing in_memory "$1" "$gone"; }
finds() { ! "$@" >/dev/null; }

e2e_network iom-at iom-af clinic-kbl
sed -e "s/given_name: [^,]*/given_name: Zqname$run/" \
    -e "s/^number:.*/number: Zqnumber$run/" \
    -e "s/icd: E11,/icd: E11, remarks: Zqill$run,/" \
    "$data/case-ordinary.yaml" >"$work/case.yaml"
grep -q "^number:" "$work/case.yaml" ||
    echo "number: Zqnumber$run" >>"$work/case.yaml"
check "control: the words are found where they were planted" \
    finds words_in "$work/case.yaml"
e2e_case iom-at "$work/case.yaml"
e2e_transfer
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "the clinic has the card" is clinic-kbl .state received show "$referral"
hf clinic-kbl accept "$referral" >/dev/null
has_word() {
    "$net_bin/handoff" -C "$(net_dir "$1")" --user demo --json "${@:3}" |
        grep -q "$2"
}
soon "the clinic reads the name" has_word clinic-kbl "Zqname$run" \
    show "$referral"
check "Kabul reads name and number" has_word iom-af "Zqname$run" \
    case show "$case_id"

# What there is to lose: the keys of both receivers, and a backup of each.
for org in iom-af clinic-kbl; do
    keys $org >"$work/before-$org"
    "$net_bin/handoff" -C "$(net_dir $org)" backup "$work/backup-$org" \
        >/dev/null
done
in_clear=$(python3 "$tool" memory "$(net_pid clinic-kbl)" \
    "$(tail -c 32 "$(net_dir clinic-kbl)/keys/store.key" |
        od -An -v -tx1 | tr -d ' \n')")
check "control: the search finds a key that is in memory" test -n "$in_clear"
hf iom-at consent withdraw "$case_id" --effect erase --yes >/dev/null
soon "everybody has answered" is iom-at \
    '[.items[] | select(.direction == "out")] | length > 0
        and all(.[]; .state == "answered")' true withdrawals
soon "the clinic holds nothing" is clinic-kbl '.sections | length' 0 \
    show "$referral"
soon "nor does Kabul" is iom-af '.sections | length' 0 case show "$case_id"
for org in iom-at iom-af clinic-kbl; do
    soon "$org owes nobody anything" is $org .queues.out 0 status
done

# Nobody else than Vienna, which collected it, has it now.
for org in iom-af clinic-kbl; do
    keys $org >"$work/after-$org"
    gone=$(comm -23 "$work/before-$org" "$work/after-$org")
    check "$org has destroyed keys" test "$(wc -w <<<"$gone")" -gt 3
    soon "$org: not in its memory" forgotten $org
    check "$org: no key in its files, nor in its backup" \
        nothing in_files "$(net_dir $org)" "$work/backup-$org"
    check "$org: no word in its files, nor in its backup" \
        words_in "$(net_dir $org)" "$work/backup-$org"
done
check "not in a broker's folder" words_in "$NET/brokers"
for broker in eu af; do
    check "nor in the memory of $broker" nothing in_memory $broker
done
check "control: Vienna, which collected it, still reads it" \
    has_word iom-at "Zqname$run" case show "$case_id"

# The backups from before, restored with what lies beside them.
for org in iom-af clinic-kbl; do
    cp "$(net_dir $org)/recovery.key" "$work/recovery-$org"
    net_kill9 $org
    mv "$(net_dir $org)" "$work/lost-$org"
    "$net_bin/handoff" -C "$(net_dir $org)" restore "$work/backup-$org" \
        --recovery-key "$work/recovery-$org" >/dev/null
    net_start $org
    net_ready $org
    gone=$(comm -23 "$work/before-$org" "$work/after-$org")
    check "$org, restored, cannot open one of them" \
        nothing comm -12 <(keys $org) <(printf '%s\n' $gone)
    check "$org, restored, does not know the number either" \
        finds has_word $org "Zqnumber$run" list
    soon "$org, restored: not in its memory" forgotten $org
done
check "Kabul, restored, shows nothing of the person" \
    finds has_word iom-af "Zq" case show "$case_id"
check "nor does the clinic" finds has_word clinic-kbl "Zq" show "$referral"
