# shellcheck shell=sh
# burst-lib.sh: what the tests of bursts have in common.  Source lib.sh first.
#
# A burst is of so many bytes as RINGLET_BURST says (a number, with k, m or g
# behind it), 1 GiB by default and less where sanitizers check every one.
# What happens by chance comes from RINGLET_SEED, or from a seed that is said.

# As users have it: at trace every message is written down.
sed -i 's/^LogLevel .*/LogLevel info/' "$CONF"
cp "$LIVE_FAKE/fake-agent" "$LIVE_FAKE/burst-viewer" "$WORK/"
SEED=${RINGLET_SEED:-$(($(od -An -N4 -tu4 /dev/urandom)))}
echo "seed $SEED"

# burst_bytes DEFAULT CHECKED: RINGLET_BURST in bytes, or a default of these.
burst_bytes()
{
	burst=${RINGLET_BURST:-$1}
	[ -n "${RINGLET_BURST:-}" ] || [ -z "${ASAN_OPTIONS:-}" ] || burst=$2
	case $burst in
	*[kK]) echo $((${burst%?} * 1024)) ;;
	*[mM]) echo $((${burst%?} * 1024 * 1024)) ;;
	*[gG]) echo $((${burst%?} * 1024 * 1024 * 1024)) ;;
	*) echo $((burst)) ;;
	esac
}

# burst_session ALIAS BYTES: one that waits for a line, prints "ready" and the
# pattern, and stays.
burst_session()
{
	session "$1" -C "$WORK" -- -c \
	    "stty raw -echo; echo ready; exec ./fake-agent wait pattern $2 wait"
	# "ready", and the rest.
	END=$(($2 + 6))
}

# watch MODE NAME INPUT [OPTION]...: a burst-viewer of session $ID, in the
# background; sets WATCHER.  It does not inherit descriptor 7.
watch()
{
	watch_mode=$1 watch_name=$2 watch_input=$3
	shift 3
	# The one that must get every byte is to be the quickest.
	watch_nice=19
	[ "$watch_mode" != live ] || watch_nice=0
	nice -n $watch_nice "$WORK/burst-viewer" "$watch_mode" -t "$TOKEN" "$@" "$ADDRESS" \
	    "/ws/terminal/$ID" $((END - 6)) \
	    <"$watch_input" >"$T/$watch_name" 2>"$T/$watch_name.err" 7>&- &
	WATCHER=$!
	at_end $WATCHER
}

# watching NAME: it has seen the beginning.
watching()
{
	wait_for 20 grep -q ready "$T/$1" ||
		{ cat "$T/$1.err"; bail "the $1 viewer watches"; }
}

# go: the burst begins.
go()
{
	ws "/ws/terminal/$ID?read_only=0" --out /dev/null expect ready \
	    send 'go\n' event connected || bail "the burst begins"
}

# printed BYTES: the session has printed so many.
printed()
{
	[ "$(field "$ID" output_bytes)" -ge "$1" ]
}

# told NAME: what a viewer said at its end, or why it failed.
told()
{
	grep -v '^ready$' "$T/$1" || cat "$T/$1.err"
}
