#!/bin/bash
# SOP packs through the registry: the committee lists them by hash and signs,
# one member has the file, every node follows by itself; a new version decides,
# an old referral is still checked by the old one, a changed file is refused
# everywhere, and what cannot be had is rejected and said so.
. "$(dirname "$0")/lib.sh"

# A network without packs: they come through the registry.
net_packs() { :; }
e2e_network iom-af clinic-kbl committee

set=$NET/ceremony/registry.set
v1=$work/af-national.yaml
cp "$root/policy/sop/af-national.yaml" "$v1"
sign() {
    for n in 1 2; do
        net_do "$net_bin/handoff" registry sign "$set" \
            --key "$NET/ceremony/member-$n.key" --yes
    done
    hf committee registry publish "$set" >/dev/null
}
add() { net_do "$net_bin/handoff" registry add "$set" --pack "$@"; }
shows() { # shows ORG VERSION STANDS
    [ "$(hf "$1" --json policy show af-national |
        jq -r ".items[] | select(.version == $2) | .stands")" = "$3" ]
}
refused_pack() { grep -q 'policy_refused source=shelf' "$1"; }

# What does not check is not even listed.
sed 's/^version: 1/version: 0/' "$v1" >"$work/bad.yaml"
exits 65 "$net_bin/handoff" registry add "$set" --pack "$work/bad.yaml"
exits 64 "$net_bin/handoff" registry add "$set"
exits 66 "$net_bin/handoff" registry add "$set" --pack "$work/none.yaml"
exits 64 "$net_bin/handoff" registry add "$set" --pack "$v1" --from 2020-01-01

# The committee signs version 1; its own node has the file.
add "$v1"
check "a signer reads which file" bash -c \
    "'$net_bin/handoff' registry show '$set' | grep -q 'SOP pack af-national, v'"
sign
hf committee policy install "$v1" >/dev/null
for org in iom-af clinic-kbl; do
    soon "version 1 is in force at $org" shows "$org" 1 in_force
    check "as the committee's" is "$org" '.items[0].source' committee \
        policy show af-national
done

# A file that is not the one that was signed.
sed 's/^title: .*/title: Mine/' "$v1" >"$work/mine.yaml"
exits 1 hf iom-af policy install "$work/mine.yaml"
check "it is not installed" bash -c "! grep -rq 'title: Mine' '$NET/nodes'"

# A referral by version 1.
e2e_case iom-af
refer() {
    get iom-af .referral refer "$case_id" --need health.general
}
first=$(refer)
soon "received under version 1" is iom-af .state received show "$first"

# Version 2: the committee publishes, everybody follows.
sed 's/^version: 1$/version: 2/' "$v1" >"$work/v2.yaml"
check "it is another file" bash -c "! cmp -s '$v1' '$work/v2.yaml'"
add "$work/v2.yaml"
sign
hf clinic-kbl policy install "$work/v2.yaml" >/dev/null
soon "version 2 is in force at iom-af" shows iom-af 2 in_force
soon "version 2 is in force at the committee" shows committee 2 in_force
check "version 1 is kept" shows clinic-kbl 1 older
hf clinic-kbl accept "$first" --focal demo >/dev/null
soon "the old referral is accepted and its sections checked by version 1" \
    is clinic-kbl '.sections | has("identity")' true show "$first"
check "it names version 1" is iom-af .rules[0].version 1 policy explain \
    "$(get iom-af .decision show "$first")"
check "and is decided again of it" is iom-af .same true policy explain \
    "$(get iom-af .decision show "$first")" --replay

# The decision came along: who was chosen sees why, the same bytes each time,
# and no other provider's name.
decision=$(get clinic-kbl .decision show "$first")
check "it is the sender's" test "$decision" = "$(get iom-af .decision show "$first")"
hf clinic-kbl --json policy explain "$decision" >"$work/why"
check "the receiver sees the rule" jq -e '.rules[0].version == 1 and
    (.text | contains("health-general")) and .from == "iom-af" and
    .clocks.decide != null' "$work/why"
check "and the pack as it was signed" is clinic-kbl .rules[0].hash \
    "$(get iom-af .rules[0].hash policy explain "$decision")" \
    policy explain "$decision"
check "nobody else is named" jq -e \
    '[.candidates[].org] == ["clinic-kbl"] and .case == null' "$work/why"
hf clinic-kbl --json policy explain "$decision" >"$work/why-again"
check "the same bytes each time" cmp "$work/why" "$work/why-again"
exits 66 hf clinic-kbl policy explain "$decision" --replay

# Version 1 is dropped: it decides nothing more, and still explains.
net_do "$net_bin/handoff" registry remove "$set" --pack af-national:1
sign
soon "version 1 is withdrawn" shows iom-af 1 withdrawn
check "decided again all the same" is iom-af .same true policy explain \
    "$(get iom-af .decision show "$first")" --replay

# On the disk of one node somebody changes the file: it is fetched again.
net_stop clinic-kbl
file=$(echo "$NET"/nodes/clinic-kbl/policy/committee/af-national.v2.*.yaml)
sed -i 's/^title: .*/title: Changed/' "$file"
net_start clinic-kbl
soon "the node has it again" shows clinic-kbl 2 in_force
check "said so" grep -q 'policy_refused source=disk' \
    "$NET/nodes/clinic-kbl/log/node.log"
soon "as it was signed" cmp "$file" "$work/v2.yaml"

# Version 3 is listed, but nobody has brought the file: what it decided waits,
# and passes when it comes.
sed 's/^version: 1$/version: 3/' "$v1" >"$work/v3.yaml"
add "$work/v3.yaml"
net_stop clinic-kbl
sign
hf iom-af policy install "$work/v3.yaml" >/dev/null
soon "version 3 is in force at iom-af" shows iom-af 3 in_force
e2e_case iom-af
second=$(refer)
net_start clinic-kbl
soon "it is received under version 3" is iom-af .state received show "$second"
check "which came by itself" shows clinic-kbl 3 in_force
