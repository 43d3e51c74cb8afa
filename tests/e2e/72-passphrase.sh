#!/bin/bash
# No key of a node lies in clear but the one that its operator keeps apart: all
# are sealed under the store key, and that one can be put under a passphrase,
# later or from the start, and under another one. The node starts with it and
# with no other; its keys can be changed; interrupted halfway, it is done again.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at clinic-kbl

dir=$(net_dir iom-at)
for i in one two three; do
    (umask 077 && echo "a passphrase of this test, number $i" >"$work/$i")
done
bytes() { stat -c %s "$dir/keys/$1.key"; }
for name in identity operation link; do
    check "$name lies sealed" test "$(bytes $name)" = 73
done
doctor_minds() {
    "$net_bin/handoff" -C "$dir" --json doctor | jq -r '.findings[].what' |
        grep -q "$1"
}

echo "-- from a key file to a passphrase"
cp -a "$dir/keys" "$work/before"
exits 77 "$net_bin/handoff" -C "$dir" passphrase --passphrase-file /dev/null
exits 65 sh -c "echo short >$work/short && chmod 600 $work/short &&
    exec $net_bin/handoff -C $dir passphrase --passphrase-file $work/short"
check "nothing has changed" diff -r "$work/before" "$dir/keys"
hf iom-at passphrase --passphrase-file "$work/one" >/dev/null
check "the key file is gone" test ! -e "$dir/keys/store.key"
net_stop iom-at
refused() { ! "$net_bin/handoff-node" -C "$dir" --daemon 2>"$work/said"; }
check "it does not start without" refused
echo "passphrase_file: $work/two" >>"$dir/handoff.yaml"
check "nor with another one" refused
sed -i "s,$work/two,$work/one," "$dir/handoff.yaml"
net_start iom-at
net_ready iom-at
check "doctor has nothing to say of keys" eval '! doctor_minds clear'

echo "-- another passphrase"
exits 77 hf iom-at passphrase --old-passphrase-file "$work/two" \
    --passphrase-file "$work/three"
hf iom-at passphrase --old-passphrase-file "$work/one" \
    --passphrase-file "$work/two" >/dev/null
net_stop iom-at
check "it does not start with the old one" refused
sed -i "s,$work/one,$work/two," "$dir/handoff.yaml"
net_start iom-at
net_ready iom-at

echo "-- cut short: a key in clear beside the sealed one"
net_stop iom-at
cp "$work/before/store.key" "$dir/keys/store.key"
cp "$work/before/store.key" "$dir/keys/store.sealed.new"
check "doctor says so" doctor_minds "in clear"
net_start iom-at
hf iom-at passphrase --passphrase-file "$work/three" >/dev/null
check "the key file is gone" test ! -e "$dir/keys/store.key"
check "nothing half made is left" test ! -e "$dir/keys/store.sealed.new"

echo "-- new keys, under the same"
"$net_bin/handoff" -C "$dir" registry request --passphrase-file "$work/three" \
    >/dev/null
for name in next-operation next-link; do
    check "$name lies sealed" test "$(bytes $name)" = 73
done
check "none of the keys is in any file" "$root/tests/e2e/clearkeys.py" \
    "$dir" "$work/before/store.key"
