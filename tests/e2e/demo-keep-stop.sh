#!/bin/bash
# Two demonstrations run side by side in folders of their own; a node that was
# killed comes up again with the same command, on the same data; --stop ends
# one and leaves the other; nothing goes on running.
. "$(dirname "$0")/lib.sh"
demo() {
    "$root/ops/demo" "$@"
}
e2e_end() {
    demo --stop "$work/a"
    demo --stop "$work/b"
}
demo --quiet --no-story --keep "$work/a" &
first=$!
demo --quiet --no-story --keep "$work/b"
wait "$first" || fail "the first did not come up"
for net in a b; do
    NET=$work/$net
    check "$net: eight daemons run" test "$(for name in $(net_all); do
        net_pid "$name"; done | wc -l)" = 8
    check "$net: the user demo is known" is iom-at .org iom-at status
    check "$net: the book is empty" is iom-at '.items | length' 0 case list
done
e2e_case iom-at
net_kill9 iom-at
"$net_bin/handoff-node" -C "$NET/nodes/iom-at" --daemon
soon "what was there is there after SIGKILL" \
    is iom-at .case "$case_id" case show "$case_id"
demo --stop "$work/b"
check "b has stopped" test "$(for name in $(net_all); do
    net_pid "$name"; done | wc -l)" = 0
NET=$work/a
check "a runs on" is iom-at .org iom-at status
check "and knows nothing of b's case" is iom-at '.items | length' 0 case list
