#!/bin/bash
# A broker's keys lie sealed, once its operator has said so: under a key file or
# a credential of systemd. It starts with that and with nothing else, comes up
# by itself, and its new keys lie sealed as well.
. "$(dirname "$0")/lib.sh"
e2e_network iom-af clinic-kbl
broker=$net_bin/handoff-broker
dir=$(net_dir af)

bytes() { stat -c %s "$dir/keys/$1.key"; }
refused() { ! "$broker" -C "$dir" --daemon 2>"$work/said"; }
sealed() {
    local name
    for name in identity op link; do
        test "$(bytes $name)" = 73 || return 1
    done
}
check "in clear at first" test "$(bytes op)" = 33
tail -c 32 "$dir/keys/op.key" | xxd -p -c 32 >"$work/op"
finds() {
    python3 "$root/tests/e2e/casekeys.py" find "$(cat "$work/op")" -- "$dir" |
        grep -q .
}
check "where it can be read" finds
exits 75 "$broker" -C "$dir" seal "$work/key"
net_stop af
exits 64 "$broker" -C "$dir" seal
"$broker" -C "$dir" seal "$work/key" >/dev/null
check "all are sealed" sealed
check "nothing in clear is left" eval '! finds'
check "it does not start without" refused
check "and says what is missing" grep -q "key-file.*handoff-broker-key" \
    "$work/said"

echo "-- a key file"
echo "key-file: $work/key" >>"$dir/broker.yaml"
chmod 644 "$work/key"
check "not one that others may read" refused
chmod 600 "$work/key"
net_start af
net_ready
"$broker" -C "$dir" request >/dev/null
check "a new key lies sealed, too" test "$(bytes next-op)" = 73
net_stop af

echo "-- a credential"
sed -i '/^key-file/d' "$dir/broker.yaml"
mkdir -m 700 "$work/credentials"
cp "$work/key" "$work/credentials/handoff-broker-key"
export CREDENTIALS_DIRECTORY=$work/credentials
net_start af
net_ready
check "sealed all the time" sealed
e2e_case iom-af
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "and the office knows" is iom-af .state received show "$referral"
net_stop af
head -c 33 /dev/zero >"$work/credentials/handoff-broker-key"
check "not with another one" refused

echo "-- in clear until there is a key"
rm "$work/credentials/handoff-broker-key"
rm -rf "$work/fresh"
"$broker" -C "$work/fresh" init --name fresh --listen 127.0.0.1:0 >/dev/null
check "made in clear" test "$(stat -c %s "$work/fresh/keys/op.key")" = 33
cp "$work/key" "$work/credentials/handoff-broker-key"
"$broker" -C "$work/second" init --name second --listen 127.0.0.1:0 >/dev/null
check "or sealed from the first" \
    test "$(stat -c %s "$work/second/keys/op.key")" = 73

echo "-- a registry by hand"
exits 65 "$broker" -C "$work/third" init --name third --listen nonsense
set=$NET/ceremony/registry.set
# A set nobody has signed: the root of two that were never asked.
public() {
    "$net_bin/handoff" --json registry key --to "$work/$1" | jq -r .public
}
"$net_bin/handoff" registry new "$work/draft.set" --threshold 2 \
    --root-key "$(public one)" --root-key "$(public two)" >/dev/null
exits 65 "$broker" -C "$work/second" init --registry "$work/draft.set"
"$broker" -C "$work/second" init --registry "$set" >"$work/said"
check "whose root it is, to be compared" grep -qx \
    "$("$net_bin/handoff" --json registry verify "$set" | jq -r .root)" \
    "$work/said"
