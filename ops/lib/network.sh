# network.sh - a small network on loopback, for ops/demo and tests/e2e.
# shellcheck shell=bash disable=SC2046,SC2086  # words are split on purpose
#
# Source it (bash). It makes brokers and nodes under one folder, takes them
# into a registry by the real ceremony, starts and stops their daemons. All
# ports are chosen by the kernel, so several networks run side by side.
#
#   net_init DIR                          an empty network in DIR
#   net_broker NAME                       keys and request of a broker
#   net_node ORG NAME KIND CC HOME [...]  the same of a node; HOME is a broker,
#                                         or two joined by a comma; --committee
#                                         and other options of `registry add`
#                                         may follow
#   net_member ORG NAME KIND CC KEEPER    a member without a node
#   net_registry [new's options]          2 of 3 keys sign a set of all of them
#   net_install_registry                  everybody gets that first set
#   net_start [NAME...]                   daemons up, all or the named ones
#   net_ready [ORG...]                    wait until those that run, or the named
#                                         ones, reach their brokers
#   net_users [ORG...]                    the user `demo` at them
#   net_packs FILE...                     SOP packs into every node that runs
#   net_stop [NAME...]                    daemons down; net_kill9: SIGKILL
#   hf ORG ...                            handoff as the user demo of ORG
#   get ORG FILTER ...                    the same with --json, through jq -r
#   net_out ORG                           what ORG has still to send: a number
#   wait_for SECONDS WHAT COMMAND...      poll; say WHAT was awaited if not
#
# A broker and a node never share a name. HANDOFF_BUILD names another build
# tree than build/. A caller that wants to show each command as it runs
# redefines net_do.

net_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
net_bin=${HANDOFF_BUILD:-$net_root/build}/bin
net_roles="--role case_manager --role supervisor --role focal_point"
net_roles="$net_roles --role health --role committee --role auditor"
net_roles="$net_roles --role admin"

# Commands that must work: quiet if they do, and their output if not.
net_do() {
    local out
    if ! out=$("$@" 2>&1); then
        printf 'failed: %s\n%s\n' "$*" "$out" >&2
        return 1
    fi
}

net_init() {
    NET=$1
    [ -x "$net_bin/handoff" ] || {
        echo "network.sh: no programs in $net_bin; run ops/build" >&2
        return 1
    }
    mkdir -p "$NET/brokers" "$NET/nodes" "$NET/ceremony"
    chmod 700 "$NET"
}

net_broker() {
    net_do "$net_bin/handoff-broker" -C "$NET/brokers/$1" init \
        --name "$1" --listen 127.0.0.1:0
}

net_node() {
    local org=$1 name=$2 kind=$3 cc=$4 home=$5
    shift 5
    net_do "$net_bin/handoff" -C "$NET/nodes/$org" init --org "$org" \
        --name "$name" --kind "$kind" --country "$cc" --home "$home"
    printf '%s\n' --home "$home" "$@" >"$NET/ceremony/$org.add"
}

net_member() {
    net_do "$net_bin/handoff" -C "$NET/ceremony/member-$1" init --org "$1" \
        --name "$2" --kind "$3" --country "$4" --via "$5"
}

# The ceremony: three members of the committee have a key each, two sign.
net_registry() {
    local c=$NET/ceremony set=$NET/ceremony/registry.set i keys=()
    local org adds
    for i in 1 2 3; do
        "$net_bin/handoff" registry key --to "$c/member-$i.key" \
            >"$c/member-$i.pub"
        keys+=(--root-key "$(cat "$c/member-$i.pub")")
    done
    net_do "$net_bin/handoff" registry new "$set" "${keys[@]}" \
        --threshold 2 "$@"
    net_do "$net_bin/handoff" registry add "$set" \
        "$NET"/brokers/*/request.yaml
    for org in "$NET"/nodes/*; do
        org=${org##*/}
        mapfile -t adds <"$c/$org.add"
        net_do "$net_bin/handoff" registry add "$set" \
            "$NET/nodes/$org/request.yaml" "${adds[@]}"
    done
    for org in "$c"/member-*/request.yaml; do
        [ ! -e "$org" ] || net_do "$net_bin/handoff" registry add "$set" "$org"
    done
    net_sign 1 2
}

net_sign() {
    local i set=$NET/ceremony/registry.set
    for i in "$@"; do
        net_do "$net_bin/handoff" registry sign "$set" \
            --key "$NET/ceremony/member-$i.key" --yes
    done
    net_do "$net_bin/handoff" registry verify "$set"
}

net_install_registry() {
    local d set=$NET/ceremony/registry.set
    for d in "$NET"/brokers/*; do
        net_do "$net_bin/handoff-broker" -C "$d" init --registry "$set"
    done
    for d in "$NET"/nodes/*; do
        net_do "$net_bin/handoff" -C "$d" init --registry "$set"
    done
}

# The folder of a broker or a node.
net_dir() {
    if [ -d "$NET/brokers/$1" ]; then
        echo "$NET/brokers/$1"
    else
        echo "$NET/nodes/$1"
    fi
}

net_all() {
    (cd "$NET/brokers" && ls) 2>/dev/null
    (cd "$NET/nodes" && ls) 2>/dev/null
}

# The nodes that run.
net_running() {
    local org
    for org in "$NET"/nodes/*; do
        if net_pid "${org##*/}" >/dev/null; then echo "${org##*/}"; fi
    done
}

# The daemon's process, if it runs: the pid file may be left from a crash, and
# its number may have gone to somebody else since.
net_pid() {
    local dir pid
    dir=$(net_dir "$1")
    pid=$(cat "$dir/run/pid" 2>/dev/null) || return 1
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null |
        grep -qF -- "-C $dir " && echo "$pid"
}

net_start() {
    local name dir
    [ $# -gt 0 ] || set -- $(net_all)
    for name in "$@"; do
        dir=$(net_dir "$name")
        if [ -d "$NET/brokers/$name" ]; then
            net_do "$net_bin/handoff-broker" -C "$dir" --daemon
        else
            net_do "$net_bin/handoff-node" -C "$dir" --daemon
        fi
    done
}

net_stop() {
    local name pid pids=() n=0
    [ $# -gt 0 ] || set -- $(net_all | tac)
    for name in "$@"; do
        pid=$(net_pid "$name") && kill "$pid" && pids+=("$pid")
    done
    for pid in "${pids[@]}"; do
        while kill -0 "$pid" 2>/dev/null; do
            n=$((n + 1))
            if [ $n -gt 200 ]; then
                echo "network.sh: process $pid does not stop" >&2
                kill -9 "$pid"
                return 1
            fi
            sleep 0.05
        done
    done
}

net_kill9() {
    local name pid
    for name in "$@"; do
        pid=$(net_pid "$name") || {
            echo "network.sh: $name does not run" >&2
            return 1
        }
        kill -9 "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    done
}

net_ready() {
    local org
    [ $# -gt 0 ] || set -- $(net_running)
    for org in "$@"; do
        wait_for 30 "$org to reach its brokers" net_is_linked "$org"
    done
}

net_is_linked() {
    "$net_bin/handoff" -C "$NET/nodes/$1" --json status 2>/dev/null |
        jq -e '(.brokers | length > 0) and all(.brokers[]; .up)' >/dev/null
}

# The first user is made by the account that runs the node.
net_users() {
    local org
    [ $# -gt 0 ] || set -- $(net_running)
    for org in "$@"; do
        net_do "$net_bin/handoff" -C "$NET/nodes/$org" user add demo $net_roles
    done
}

net_packs() {
    local org file
    for org in $(net_running); do
        for file in "$@"; do
            net_do "$net_bin/handoff" -C "$NET/nodes/$org" --user demo \
                policy install "$file"
        done
    done
}

hf() {
    local org=$1
    shift
    "$net_bin/handoff" -C "$NET/nodes/$org" --user demo "$@"
}

get() {
    local org=$1 filter=$2
    shift 2
    hf "$org" --json "$@" | jq -r "$filter"
}

net_out() {
    get "$1" .queues.out status
}

wait_for() {
    local seconds=$1 what=$2 end
    shift 2
    end=$((SECONDS + seconds))
    until "$@"; do
        if [ $SECONDS -ge $end ]; then
            echo "waited $seconds s in vain for $what" >&2
            return 1
        fi
        sleep 0.1
    done
}
