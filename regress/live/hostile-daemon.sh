# A ringletd or sandboxer that was taken over is killed for its first violation, alone, and started afresh.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

[ -n "${LIVE_LIBEXEC:-}" ] ||
	skip_all "takes the programs of a build folder, not installed ones"
programs=$T/programs
mkdir "$programs"
cp "$LIVE_LIBEXEC"/ringlet* "$programs/"
RINGLET_LIBEXEC_DIR=$programs
export RINGLET_LIBEXEC_DIR

# replace NAME: the hostile program takes NAME's place.
replace()
{
	rm "$programs/$1"
	cp "$LIVE_FAKE/hostile" "$programs/$1"
	mkfifo "$programs/$1.fifo"
}

# tell NAME WORD: what it is to do next.  Opening waits until it listens.
tell()
{
	rm -f "$programs/$1.result"
	timeout 40 sh -c 'echo "$2" >"$1"' tell "$programs/$1.fifo" "$2"
}

gone()
{
	! [ -d "/proc/$1" ]
}

# other_pid MEMBER OLD: it runs as another process now.
other_pid()
{
	ringlet --json daemon status >"$T/status.json" &&
	    now=$(json data "$1" <"$T/status.json") &&
	    [ "$now" != 0 ] && [ "$now" != "$2" ]
}

# killed_for NAME WORD [LOG'S WORDS]: it does WORD and is killed for it.
killed_for()
{
	daemon_facts
	case $1 in
	ringletd) old=$RINGLETD member=ringletd_pid keep=$SANDBOXER ;;
	*) old=$SANDBOXER member=sandboxer_pid keep=$RINGLETD ;;
	esac
	: >"$T/log.before"
	cp "$LOG" "$T/log.before"
	tell "$1" "$2" || { not_ok "$1 listens before $2"; return; }
	check "$1 is killed for: $2" wait_for 15 gone "$old"
	check "(and started again)" wait_for 30 other_pid "$member" "$old"
	tail -c +$(($(wc -c <"$T/log.before") + 1)) "$LOG" >"$T/log.new"
	[ $# -lt 3 ] ||
		check "(the log says why)" grep -q "$1: .*$3.*killing it" \
		    "$T/log.new"
	check "(the other daemon lives)" test -d "/proc/$keep"
}

# patience: another monitor in place, which counts deaths from the beginning.
patience()
{
	check "the monitor is replaced in place" ringlet daemon restart
	daemon_facts
}

# --- ringletd ---
replace ringletd
shell_profile some
start_daemon
session some -C "$WORK" -- -c 'read x; exit 6'
kept=$ID monitor=$MONITOR
# Once before it is measured: what is needed once is no growth.
killed_for ringletd malformed "malformed"
daemon_facts
holds "$MONITOR"
tell ringletd token
check "a request without a good token" \
    wait_for 20 test -s "$programs/ringletd.result"
is "is refused, and no more" "$(cat "$programs/ringletd.result")" refused
check "(it still runs)" test -d "/proc/$RINGLETD"
rm "$programs/ringletd.result"
tell ringletd chatter
check "it says 100000 entries for the log" \
    wait_for 60 test -s "$programs/ringletd.result"
left_out()
{
	grep -q 'ringletd: [0-9]* entries left out' "$LOG"
}
check "and is told of by how many are left out" wait_for 20 left_out
said=$(grep -c 'ringletd: chatter' "$LOG")
check "(few of them were logged: $said)" test "$said" -ge 1000 -a \
    "$said" -lt 20000
tell ringletd flood
check "it asks 100000 questions" \
    wait_for 60 test -s "$programs/ringletd.result"
check "and each is answered" test -d "/proc/$RINGLETD"
killed_for ringletd channels "too many descriptors"
killed_for ringletd folders "too many descriptors"
killed_for ringletd env "may not send"
killed_for ringletd deaf "does not read"
daemon_facts
holds_no_more "the monitor, whatever ringletd did," "$MONITOR"
patience
killed_for ringletd descriptor "wrong number of descriptors"
killed_for ringletd reply "no question"
# From now on it does not say READY by itself.  What is not ready has no pid
# in the status, so the log tells.
: >"$programs/ringletd.early"
daemon_facts
tell ringletd again
check "ringletd is killed for a second READY" wait_for 15 gone "$RINGLETD"
before=$(grep -c 'killing it' "$LOG")
more_killed()
{
	[ "$(grep -c 'killing it' "$LOG")" -gt "$before" ]
}
tell ringletd request
check "ringletd is killed for a request before READY" \
    wait_for 30 more_killed
check "(the log says why)" grep -q 'ringletd: .*out of its state' "$LOG"
before=$(grep -c 'killing it' "$LOG")
tell ringletd version
check "ringletd of another version is killed" wait_for 30 more_killed
check "(the log says what to do)" grep -q 'install both' "$LOG"
rm "$programs/ringletd.early"
is "the monitor is the same through all of it" \
    "$(ringlet --json daemon status | json data pid)" "$monitor"
is "and the session lives" "$(field "$kept" state)" running
ringlet terminal kill "$kept" >/dev/null
ringlet daemon stop >/dev/null
wait_for 20 gone "$monitor"

# --- the sandboxer ---
cp "$LIVE_LIBEXEC/ringletd" "$programs/ringletd.new"
mv "$programs/ringletd.new" "$programs/ringletd"
replace ringlet-sandboxer
start_daemon
monitor=$MONITOR
tell ringlet-sandboxer states
check "states of sessions that are not there" \
    wait_for 20 test -s "$programs/ringlet-sandboxer.result"
check "have no effect" test -d "/proc/$SANDBOXER"
is "(no session came of it)" \
    "$(ringlet --json terminal list | json data)" "[]"
killed_for ringlet-sandboxer malformed "malformed"
killed_for ringlet-sandboxer notice "makes no sense"
daemon_facts
holds "$MONITOR"
killed_for ringlet-sandboxer channels "too many descriptors"
killed_for ringlet-sandboxer dumb "makes no sense"
check "(which is that it answers nothing)" \
    grep -q 'sandboxer: it answers nothing' "$T/log.new"
killed_for ringlet-sandboxer oversized "too long"
daemon_facts
holds_no_more "the monitor, whatever the sandboxer did," "$MONITOR"
patience
killed_for ringlet-sandboxer folders "too many descriptors"
killed_for ringlet-sandboxer other "may not send"
killed_for ringlet-sandboxer reply "no question"
killed_for ringlet-sandboxer descriptor "descriptors"
patience

# Answers to a start that was asked: of the wrong kind, and with a ring that
# others could write to.
daemon_facts
old=$SANDBOXER
tell ringlet-sandboxer wrong-answer
refute "a start with a wrong answer fails" \
    timeout 60 ringlet profiles run some --remote -C "$WORK" -- -c :
check "the sandboxer is killed for it" wait_for 15 gone "$old"
check "(and started again)" wait_for 30 other_pid sandboxer_pid "$old"
daemon_facts
old=$SANDBOXER
tell ringlet-sandboxer unsealed
code=$(status timeout 60 ringlet profiles run some --remote -C "$WORK" \
    -- -c :)
is "a session with an unsealed ring is refused" "$code" 1
refute "(the real ring was not sealed by anybody else)" \
    test -s "$programs/ringlet-sandboxer.result"
refute "no session has come of any of it" \
    sh -c 'ringlet --json terminal list | grep -q running'
is "the monitor is the same through all of it" \
    "$(ringlet --json daemon status | json data pid)" "$monitor"
done_testing
