# Where no full jail can be built the daemon says which, why and what to do; JailMinimum refuses less than is set; nothing is started in silence.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# Seen from a user namespace root's files are nobody's, and Ringlet runs no
# agent that is somebody else's: so the agent is a program of ours.
mkdir -p "$HOME/.local/bin"
cp /bin/bash "$HOME/.local/bin/claude"
marker=$WORK/started
start_bus
new_profile claude plain "" -p self --working-dir "$WORK"
ringlet daemon stop >/dev/null

# daemon_in COMMAND...: start the daemon by COMMAND.
daemon_in()
{
	"$@" ringlet daemon >"$T/daemon.out" 2>&1 ||
		{ cat "$T/daemon.out"; bail "the daemon starts"; }
	daemon_facts
}
run()
{
	rm -f "$marker"
	status ringlet profiles run plain --remote -- -c ": >$marker"
}
trouble()
{
	ringlet --json daemon status | json data trouble
}
# unavailable WHAT PATTERN: no jail, and both ways of asking say why.
unavailable()
{
	is "$1: the daemon shows it" \
	    "$(ringlet --json daemon status | json data jail)" unavailable
	like "$1: and says what to do" "$(trouble)" "$2"
	is "$1: a session is refused" "$(run)" 1
	like "$1: for that reason" "$(cat "$T/err")" "$2"
	refute "$1: nothing was started" test -e "$marker"
}

# --- bwrap itself ---------------------------------------------------------------
mkdir "$T/realbin" "$T/bin"
for file in /usr/bin/*; do
	ln -s "$T/realbin/${file##*/}" "$T/bin/"
done
rm "$T/bin/bwrap"
with_bin()
{
	bwrap --dev-bind / / --bind /usr/bin "$T/realbin" \
	    --bind "$T/bin" /usr/bin "$@"
}
with_bin true || skip_all "user namespaces are not to be had here"

daemon_in with_bin
unavailable "no bwrap" 'apt install bubblewrap'
like "as a person sees it" "$(ringlet daemon status)" \
    '^Trouble: jails are of tier unavailable: bubblewrap is not installed'
# Mended while it runs: the next session finds out.
ln -s "$T/realbin/bwrap" "$T/bin/bwrap"
works()
{
	[ "$(run)" = 0 ] && wait_for 10 test -e "$marker"
}
check "once it is installed sessions run" wait_for 20 works
is "and the daemon shows it" \
    "$(ringlet --json daemon status | json data jail)" full
is "without trouble" "$(trouble)" '[]'
ringlet daemon stop >/dev/null

rm "$T/bin/bwrap"
cat >"$T/bin/bwrap" <<'OLD'
#!/bin/sh
[ "$1" = --version ] && echo 'bubblewrap 0.4.1' && exit 0
echo 'bwrap: Unknown option --disable-userns' >&2
exit 1
OLD
chmod 755 "$T/bin/bwrap"
daemon_in with_bin
unavailable "an old bwrap" 'bubblewrap 0\.4 is too old: 0\.8 or later'
ringlet daemon stop >/dev/null

# --- user namespaces ------------------------------------------------------------
daemon_in bwrap --dev-bind / / --unshare-user --disable-userns
unavailable "no user namespaces" 'user\.max_user_namespaces'
ringlet daemon stop >/dev/null

# --- a container that masks parts of /proc --------------------------------------
daemon_in bwrap --dev-bind / / --tmpfs /proc/fs
tier=$(ringlet --json daemon status | json data jail)
is "a masked /proc: the daemon shows it" "$tier" no-fresh-proc
like "a masked /proc: and says what to do" "$(trouble)" \
    'systempaths=unconfined'
ringlet --json sandbox explain plain >"$T/explained"
is "sandbox explain knows" "$(json data tier <"$T/explained")" no-fresh-proc
refute "and says what will be built" grep -q -e --proc -e --disable-userns \
    "$T/explained"
for path in /proc/version /proc/keys; do
	is "nor that $path is there" "$(ringlet --json sandbox explain plain \
	    $path | json data path there)" false
done
if [ -n "${ASAN_OPTIONS:-}" ]; then
	skip "an agent with an empty /proc: sanitizers need it"
else
	session plain -- -c 'echo "proc:" /proc/*; cat /proc/1/environ; :'
	like "an agent finds an empty /proc" "$(output "$ID")" \
	    '^proc: /proc/\*'
	is "its session says so" "$(field "$ID" tier)" no-fresh-proc
	like "as whoever starts it is told" "$(cat "$T/run.err")" \
	    'the jail is of tier no-fresh-proc'
	# shellcheck disable=SC2016
	ringlet -q hooks add plain Stop '' 'printf hook\ ; cat'
	ringlet -q hooks approve plain -y
	hash=$(ringlet --json hooks list plain | json data 0 hash)
	session plain -- -c "echo ran | \"\$RINGLET_HOOK\" Stop $hash"
	is "a hook runs, with its input" "$(output "$ID")" 'hook ran'
	like "and reports" "$(ringlet --json audit show --event hook.run)" \
	    "\"object\": *\"$ID\".*\"exit\": *\"0\""
fi
printf 'JailMinimum no-landlock-scope\n' >>"$CONF"
kill -HUP "$MONITOR"
refused_now()
{
	[ "$(run)" = 5 ]
}
check "JailMinimum refuses it" wait_for 20 refused_now
like "naming both tiers" "$(cat "$T/err")" \
    'of tier no-fresh-proc, and JailMinimum wants no-landlock-scope'
refute "nothing was started" test -e "$marker"
is "over HTTP, too" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"plain"}')" 403
like "with the reason" "$(json error <"$T/body")" 'JailMinimum'
ringlet daemon stop >/dev/null

# --- a full one -----------------------------------------------------------------
sed -i '/^JailMinimum/d' "$CONF"
start_daemon JailMinimum=full
if [ "$(ringlet --json daemon status | json data jail)" = full ]; then
	is "a full jail is enough for every minimum" "$(run)" 0
	check "and it runs" wait_for 10 test -e "$marker"
else
	is "a kernel without Landlock's scope is refused, too" "$(run)" 5
fi
done_testing
