# `profiles delete` removes a home of any size while the daemon answers others, and a damaged profile too.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

start_bus
start_keyring
start_daemon
KEY=$(canary delete)
new_profile shell big "$KEY" -p anthropic
home=$(ringlet --json profiles inspect big | json data home)
python3 - "$home" <<'PY'
import os, sys
for i in range(60):
    os.makedirs("%s/d%d/e" % (sys.argv[1], i))
    for k in range(200):
        open("%s/d%d/e/%d" % (sys.argv[1], i, k), "w").close()
os.symlink("/etc", sys.argv[1] + "/link")
PY

# The process that removes it, held before it is done.
remover()
{
	REMOVER=$(pgrep -f -- '^ringlet-monitor -X .shell-profiles big$') &&
	    kill -STOP "$REMOVER"
}
(ringlet profiles delete big -y >"$T/deleted" 2>&1; echo $? >"$T/code") &
at_end $!
if wait_for 10 remover; then
	ok "a process of its own removes the home"
	check "meanwhile the daemon answers" timeout 10 ringlet daemon status
	check "and the profile is still there" ringlet profiles inspect big
	is "a second delete has to wait" \
	    "$(status ringlet profiles delete big -y)" 1
	kill -CONT "$REMOVER"
else
	# 12,000 files were gone before anybody looked.
	skip "a process of its own removes the home" "it was too quick"
fi
check "it ends" wait_for 60 test -s "$T/code"
is "well" "$(cat "$T/code")" 0
refute "the home is gone" test -e "$home"
check "what a link in it named is not" test -e /etc/passwd
is "and so is the profile" "$(status ringlet profiles inspect big)" 4

# Killed half-way, it can be tried again.
new_profile shell half "$KEY" -p anthropic
home=$(ringlet --json profiles inspect half | json data home)
python3 -c '
import sys
for i in range(30000):
    open("%s/%d" % (sys.argv[1], i), "w").close()' "$home"
killed()
{
	pkill -KILL -f -- '^ringlet-monitor -X .shell-profiles half$'
}
(ringlet profiles delete half -y >"$T/deleted" 2>&1; echo $? >"$T/code2") &
at_end $!
if wait_for 10 killed; then
	check "the command is told" wait_for 20 test -s "$T/code2"
	is "that it failed" "$(cat "$T/code2")" 1
	check "the profile is still there" ringlet profiles inspect half
	check "and can be deleted" ringlet profiles delete half -y
else
	skip "it can be killed" "it was too quick"
fi
refute "no home is left" test -e "$home"

new_profile shell broken "$KEY" -p anthropic
home=$(ringlet --json profiles inspect broken | json data home)
echo junk >"$RINGLET_CONFIG_DIR/profiles/broken.json"
refute "a damaged profile cannot be inspected" ringlet profiles inspect broken
check "but deleted" ringlet profiles delete broken -y
refute "its file is gone" test -e "$RINGLET_CONFIG_DIR/profiles/broken.json"
refute "its key is gone" secret-tool lookup service ringlet profile broken
check "its home stays, for nobody knows whose it is" test -d "$home"
done_testing
