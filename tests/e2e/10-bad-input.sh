#!/bin/bash
# Whatever is wrong with a command, its exit status says of what kind it is,
# one line on stderr says what and where, and nothing has changed: neither at
# this node nor, later, at any other.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at iom-af
e2e_case iom-at
consented=$case_id
bare=$(get iom-at .case case new --file "$data/case-single-name.yaml")
hf iom-at user add nina --role auditor >/dev/null
transfer=$(get iom-at .transfer transfer offer "$consented" --to iom-af)
soon "the offer is there" is iom-af .state offered show "$transfer"
soon "and known to be" is iom-at .queues.out 0 status
nobody=HC-0000000000000000000000000000
dir=$NET/nodes/iom-at

# All that this organisation has, as the command line shows it.
everything() {
    local org
    for org in iom-at iom-af; do
        hf $org --json user list
        hf $org --json case list
        hf $org --json list
        hf $org --json withdrawals
    done
    hf iom-at --json case show "$consented"
    hf iom-at --json case show "$bare"
    hf iom-at --json consent show "$consented"
    hf iom-at --json show "$transfer" --trace
}
everything >"$work/before"

# 64: not a command
exits 64 hf iom-at frobnicate
exits 64 hf iom-at case frobnicate
exits 64 hf iom-at case new
exits 64 hf iom-at case new --file a --colour red
exits 64 hf iom-at list --in extra

# 65: bad input, with its line
printf 'origin: AF\nhost: [AT\n' >"$work/broken.yaml"
exits 65 hf iom-at case new --file "$work/broken.yaml"
check "the file is named with the line" \
    grep -qE 'broken\.yaml:[0-9]+' "$work/stderr"
sed 's/^host: .*/host: ZZ/' "$data/case-ordinary.yaml" >"$work/country.yaml"
exits 65 hf iom-at case new --file "$work/country.yaml"
check "so it is with a country" grep -qE 'country\.yaml:[0-9]+' "$work/stderr"
sed 's/birth_date: .*/birth_date: 1991-02-30/' "$data/case-ordinary.yaml" \
    >"$work/date.yaml"
exits 65 hf iom-at case new --file "$work/date.yaml"
printf 'a: &x [1]\nb: *x\n' >"$work/alias.yaml"
exits 65 hf iom-at case new --file "$work/alias.yaml"
printf 'origin: AF\nhost: AT\nidentity: { name: \xff\xfe }\n' \
    >"$work/bytes.yaml"
exits 65 hf iom-at case new --file "$work/bytes.yaml"
: >"$work/empty.yaml"
exits 65 hf iom-at case new --file "$work/empty.yaml"
sed 's/iom-af/no-such-org/' "$data/consent-ordinary.yaml" >"$work/consent.yaml"
exits 65 hf iom-at consent give "$bare" --file "$work/consent.yaml"
sed 's/purposes: .*/purposes: [curiosity]/' "$data/consent-ordinary.yaml" \
    >"$work/purpose.yaml"
exits 65 hf iom-at consent give "$bare" --file "$work/purpose.yaml"

# 66: no such thing
exits 66 hf iom-at case new --file "$work/no-such-file.yaml"
exits 66 hf iom-at case show "$nobody"
exits 66 hf iom-af case show "$consented"
exits 66 hf iom-af consent show "$consented"
exits 66 hf iom-at show HR-0000000000000000000000000000
exits 66 hf iom-at transfer offer "$consented" --to nobody-at-all
exits 66 hf iom-at refer "$consented" --need health.general --to nobody-at-all

# 1: not in this state, not without consent
exits 1 hf iom-at transfer release "$transfer"
exits 1 hf iom-at transfer hand-over "$transfer"
exits 1 hf iom-at transfer offer "$bare" --to iom-af
exits 1 hf iom-at refer "$bare" --need health.general
exits 1 hf iom-at close "$transfer" --unmet no

# 77: this user may not
exits 77 "$net_bin/handoff" -C "$dir" --user nina case new \
    --file "$data/case-ordinary.yaml"
exits 77 "$net_bin/handoff" -C "$dir" --user nina consent withdraw \
    "$consented" --yes
exits 77 "$net_bin/handoff" -C "$dir" --user nobody case list

# 78: known, and not built yet
exits 78 hf iom-at audit delays

# 75: another process has the directory
exits 75 "$net_bin/handoff-node" -C "$dir"
exits 75 "$net_bin/handoff-broker" -C "$NET/brokers/eu"

# The same with --json is one document
status=0
hf iom-at --json case show "$nobody" >"$work/stdout" 2>"$work/stderr" ||
    status=$?
check "--json ends with 66, too" [ $status = 66 ]
check "and says it as a document" \
    jq -e '.error | .code and .message and has("hint")' "$work/stdout"

sleep 1
everything >"$work/after"
check "nothing has changed, here and there" \
    cmp "$work/before" "$work/after"

# 69: nobody there
net_stop iom-at
exits 69 hf iom-at case list
exits 69 "$net_bin/handoff-broker" -C "$NET/brokers/none" status
net_start iom-at
everything >"$work/after"
check "nor has it after a restart" cmp "$work/before" "$work/after"
