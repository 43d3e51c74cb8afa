#!/bin/bash
# The runbooks of the committee work on this build: the ceremony, a member that
# joins and leaves, a stolen laptop, a rotation of keys, a ruling, a new root;
# each signature made in a folder of its own, only set files carried.
. "$(dirname "$0")/lib.sh"
"$root/ops/runbooks/rehearse"
