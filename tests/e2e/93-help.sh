#!/usr/bin/env bash
# Help on every command, the manual page and completion come from one table:
# they name the same commands and options, and fit into 80 columns.
. "$(dirname "$0")/lib.sh"
handoff=$net_bin/handoff

"$handoff" --help >"$work/help"
mapfile -t verbs < <(sed -n '/^Commands:/,/^$/p' "$work/help" | sed -n \
    's/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)\{0,1\}\)\( .*\)\{0,1\}$/\1/p')
check "all of them" test "${#verbs[@]}" -gt 100
"$handoff" --man >"$work/handoff.1"
"$handoff" --completion >"$work/completion"
# shellcheck disable=SC1091
. "$work/completion"
if command -v groff >/dev/null; then
    check "the manual page is one" sh -c \
        "test -z \"\$(groff -man -Tutf8 -ww -z '$work/handoff.1' 2>&1)\""
fi
sed 's/\\-/-/g' "$work/handoff.1" >"$work/man"

complete() { # WORD...: what completion offers for the last one
    COMP_WORDS=(handoff "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _handoff || true
    printf '%s\n' "${COMPREPLY[@]}"
}

all=$work/all
cp "$work/help" "$all"
bad=
for verb in "${verbs[@]}"; do
    # shellcheck disable=SC2086
    "$handoff" $verb --help >"$work/one" || bad="$bad, $verb: no help"
    cat "$work/one" >>"$all"
    head -1 "$work/one" | grep -qF "usage: handoff $verb" ||
        bad="$bad, $verb: help of another"
    grep -qF "handoff $verb" "$work/man" || grep -qF "$verb" "$work/man" ||
        bad="$bad, $verb: not in the manual"
    grep -q "not in this version" "$work/one" && continue
    # shellcheck disable=SC2086
    complete ${verb%% *} >"$work/first"
    grep -qxF "${verb%% *}" "$work/first" || bad="$bad, $verb: first word"
    # shellcheck disable=SC2086
    complete $verb -- >"$work/offered"
    while read -r option; do
        grep -qxF -- "$option" "$work/offered" ||
            bad="$bad, $verb: $option is not completed"
    done < <(sed -n '/^Options:/,/^$/s/^  \(--[a-z-]*\).*/\1/p' "$work/one")
done
[ -z "$bad" ] || fail "${bad#, }"
echo "ok: every command has help, its line in the manual, and completion"
check "a group offers its commands" test "$(complete case as)" = assign
check "a command that is a group, too" test "$(complete tasks do)" = done
wide=$(awk 'length($0) > 80' "$all")
[ -z "$wide" ] || fail "wider than 80 columns: $wide"
echo "ok: no line is wider than 80 columns"

# The same of the broker's.
broker=$net_bin/handoff-broker
"$broker" --help >"$work/help"
"$broker" --man >"$work/handoff-broker.8"
"$broker" --completion >"$work/completion"
# shellcheck disable=SC1091
. "$work/completion"
if command -v groff >/dev/null; then
    check "the broker's manual page is one" sh -c \
        "test -z \"\$(groff -man -Tutf8 -ww -z '$work/handoff-broker.8' 2>&1)\""
fi
sed 's/\\-/-/g' "$work/handoff-broker.8" >"$work/man"
broker_completes() { # WORD...: what completion offers for the last one
    COMP_WORDS=(handoff-broker "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _handoff_broker || true
    printf '%s\n' "${COMPREPLY[@]}"
}
broker_completes -C /nowhere "" >"$work/first"
n=0
while read -r verb; do
    n=$((n + 1))
    grep -qxF "$verb" "$work/first" || fail "broker: $verb is not completed"
    grep -q "^.B \"$verb" "$work/man" || fail "broker: $verb: not in the manual"
done < <(sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\)\( .*\)*$/\1/p' \
    "$work/help" |
    sort -u)
check "all commands of the broker" test "$n" = 10
check "with their options" test "$(broker_completes request --new)" = \
    --new-identity
while read -r word; do
    grep -qF -- "$word" "$work/help" || fail "broker: $word: no help"
done < <(cut -d' ' -f1 <"$work/first")
wide=$(awk 'length($0) > 80' "$work/help")
[ -z "$wide" ] || fail "wider than 80 columns: $wide"
echo "ok: the broker's help, manual and completion name the same"
check "unknown commands are refused" sh -c "! '$handoff' dance 2>/dev/null"
