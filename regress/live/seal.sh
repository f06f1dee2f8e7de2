# ringletd is sealed at every start: fully, or less where there are no user namespaces, and then not at all with RequireFullSeal.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# barred COMMAND...: by the same user, where nobody can make a user namespace.
barred()
{
	# shellcheck disable=SC2016
	unshare --user --map-current-user --keep-caps sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces &&
		    exec setpriv --inh-caps=-all --ambient-caps=-all "$@"
	' barred "$@"
}

stopped()
{
	! [ -d "/proc/$1" ]
}

# What the daemon says of the seal.
seal()
{
	ringlet --json daemon status | json data seal
}

# of_ringletd PATTERN: lines of its status file.
of_ringletd()
{
	grep -E "$1" "/proc/$RINGLETD/status" | tr '\t\n' '  '
}

# --- full, where this system can ---
# By hand, so that there is a standard error that it could inherit.
ringletd -D >"$T/stdout" 2>"$T/stderr" &
at_end $!
daemon_facts
if unshare --user true 2>/dev/null; then
	is "the seal is full" "$(seal)" full
	check "the log says so" grep -q 'ringletd: ready, seal full' \
	    "$T/stderr"
	like "ringletd is process 1 of its namespace" \
	    "$(of_ringletd '^NSpid:')" '^NSpid: [0-9]+ 1 $'
	for kind in user mnt pid net ipc uts; do
		[ "$(readlink "/proc/$RINGLETD/ns/$kind")" = \
		    "$(readlink "/proc/self/ns/$kind")" ] && echo "$kind"
	done >"$T/shared"
	is "and shares no namespace with us" "$(cat "$T/shared")" ""
	is "its root is empty" "$(ls -A "/proc/$RINGLETD/root/")" ""
else
	skip "the full seal: this system has no user namespaces for users"
fi
like "it has no capability and can gain none" \
    "$(of_ringletd '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):')" \
    '^CapPrm: 0+ CapEff: 0+ CapBnd: 0+ CapAmb: 0+ NoNewPrivs: 1 Seccomp: 2 $'
# limit NAME: soft and hard, as /proc names them.
limit()
{
	sed -n "s/^$1  *\([^ ]*\)  *\([^ ]*\) .*/\1 \2/p" \
	    "/proc/$RINGLETD/limits"
}
for name in 'Max file size' 'Max processes' 'Max core file size'; do
	is "its limit holds: $name" "$(limit "$name")" '0 0'
done
like "its limit holds: Max open files" "$(limit 'Max open files')" \
    '^([0-9]+) [0-9]{1,4}$'
if [ -n "${ASAN_OPTIONS:-}" ]; then
	skip "its memory: a build with sanitizers takes what it wants"
else
	is "its limit holds: Max data size" "$(limit 'Max data size')" \
	    '1073741824 1073741824'
fi
is "where memory ends it goes first" \
    "$(cat "/proc/$RINGLETD/oom_score_adj")" 1000
is "(and not the monitor)" "$(cat "/proc/$MONITOR/oom_score_adj")" \
    "$(cat /proc/self/oom_score_adj)"
# A terminal that it inherits could be read from.
if [ -n "${ASAN_OPTIONS:-}" ]; then
	skip "its descriptors: a build with sanitizers keeps standard error"
else
	for fd in "/proc/$RINGLETD/fd"/*; do
		readlink "$fd"
	done >"$T/fds"
	check "it has a channel" grep -q '^socket:' "$T/fds"
	is "and no file, folder or terminal" "$(grep -Ev \
	    '^(socket|pipe|anon_inode):|^/dev/null$' "$T/fds")" ""
fi
ringlet daemon stop >/dev/null 2>&1
check "it stops" wait_for 20 stopped "$MONITOR"

# --- reduced ---
if ! barred true 2>"$T/barred.err"; then
	cat "$T/barred.err"
	skip "the reduced seal: user namespaces cannot be taken away here"
	done_testing
fi
refute "(nobody makes a user namespace now)" \
    barred unshare --user true 2>/dev/null
: >"$LOG"
check "the daemon starts without namespaces" barred ringlet daemon
daemon_facts
is "its seal is reduced" "$(seal)" reduced
check "the log says so and why" grep -q \
    'ringletd: ready, seal reduced: no namespaces: the kernel refuses' "$LOG"
like "a filter it has all the same" \
    "$(of_ringletd '^(Cap(Prm|Eff)|NoNewPrivs|Seccomp):')" \
    '^CapPrm: 0+ CapEff: 0+ NoNewPrivs: 1 Seccomp: 2 $'
is "where memory ends it goes first, too" \
    "$(cat "/proc/$RINGLETD/oom_score_adj")" 1000
is "it serves" "$(api GET /api/ping)" 200
shell_profile some
code=$(status barred ringlet profiles run some --remote -C "$WORK" -- \
    -c 'touch ran')
is "no jail can be built, so no session starts" "$code" 1
like "and the error says which limit it was" "$(cat "$T/err")" \
    'no more user namespaces .user\.max_user_namespaces'
refute "nothing has run" test -e "$WORK/ran"
is "there is no session" "$(ringlet --json terminal list | json data)" "[]"
ringlet daemon stop >/dev/null 2>&1
check "it stops, too" wait_for 20 stopped "$MONITOR"

# --- refused ---
code=$(status barred ringlet daemon -o RequireFullSeal=yes)
is "with RequireFullSeal it does not start" "$code" 3
like "and says that it is for that, and why" "$(cat "$T/err")" \
    'RequireFullSeal is set and the seal is reduced: no namespaces: the kern'
is "nothing of it is left" "$(status ringlet daemon status)" 3
done_testing
