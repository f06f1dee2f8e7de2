# Without bwrap, or with one that fails, starting a session is a clear error and nothing is started.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# A mount namespace in which /usr/bin is a folder of links to the real one,
# so that the daemon finds a bwrap that we choose, or none.
mkdir "$T/realbin" "$T/bin"
for file in /usr/bin/*; do
	ln -s "$T/realbin/${file##*/}" "$T/bin/"
done
rm "$T/bin/bwrap"
inside()
{
	bwrap --dev-bind / / --ro-bind /usr/bin "$T/realbin" \
	    --ro-bind "$T/bin" /usr/bin "$@"
}
inside true || skip_all "user namespaces are not to be had here"

# Seen from that namespace root's files are nobody's, and Ringlet runs no
# agent that is somebody else's: so the agent is a program of ours.
mkdir -p "$HOME/.local/bin"
cp "$LIVE_FAKE/fake-agent" "$HOME/.local/bin/claude"
marker=$WORK/started
# refused WHAT: starting fails, says why, and nothing ran.
refused()
{
	inside ringlet daemon >"$T/daemon.out" 2>&1 ||
		{ cat "$T/daemon.out"; bail "the daemon starts"; }
	daemon_facts
	code=$(status ringlet profiles run plain --remote -C "$WORK" -- \
	    orphan "$marker")
	if [ "$code" = 0 ]; then
		# The reply may come before the jail has failed: then the
		# session must say so.
		id=$(cat "$T/out")
		await "$id"
		is "$1: the session is told to have failed" \
		    "$(field "$id" reason)" build
		field "$id" text >"$T/err"
	else
		ok "$1: it is refused ($code)"
	fi
	is "$1: the error has a code for programs" "$(ringlet --json profiles \
	    run plain --remote -C "$WORK" -- orphan "$marker" | json error code)" JAIL
	cat "$T/err"
	like "$1: bwrap is named" "$(cat "$T/err")" 'bwrap|bubblewrap'
	like "$1: and who knows more" "$(cat "$T/err")" "'ringlet doctor'"
	[ -z "${2:-}" ] || like "$1: in bwrap's own words" \
	    "$(cat "$T/err")" "$2"
	refute "$1: nothing was started" test -e "$marker"
	is "$1: no session runs" "$(ringlet --json terminal list | json data |
	    grep -c '"running"')" 0
	got=$(api POST /api/terminal/sessions '{"profile_alias":"plain"}')
	case $got in
	201)	id=$(json data session_id <"$T/body")
		await "$id"
		is "$1: HTTP is told as well" "$(field "$id" reason)" build ;;
	[45]*)	like "$1: HTTP is told as well" \
		    "$(json error <"$T/body")" 'bwrap|bubblewrap' ;;
	*)	not_ok "$1: HTTP is told as well ($got)" ;;
	esac
	ringlet daemon stop >/dev/null
}

start_bus
new_profile claude plain "" -p self
ringlet daemon stop >/dev/null
refused "no bwrap"

cat >"$T/bin/bwrap" <<'FAIL'
#!/bin/sh
echo "bwrap: No permissions to create a new namespace" >&2
exit 1
FAIL
chmod 755 "$T/bin/bwrap"
refused "a failing bwrap" 'No permissions to create a new namespace'

start_daemon
session plain -C "$WORK" -- orphan "$marker"
await "$ID" || not_ok "with the real one it ends"
check "with the real one it runs" test -e "$marker"
done_testing
