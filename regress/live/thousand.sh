# 1,000 sessions start and end in all ways there are: descriptors, memory, processes, terminals and files are where they were.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

[ -n "$LIVE_SCAN" ] ||
	skip_all "only root can look into processes that are not dumpable"
sed -i 's/^LogLevel .*/LogLevel info/' "$CONF"
# What is checked by sanitizers takes its time.
many=1000
[ -z "${ASAN_OPTIONS:-}" ] || many=300
start_daemon
shell_profile work --working-dir "$WORK"

# descriptors: those of each daemon.
descriptors()
{
	for pid in "$MONITOR" "$RINGLETD" "$SANDBOXER"; do
		python3 "$LIVE_SRC/memscan" --holds "$LIVE_SCAN" "$pid"
	done | paste -s -d' '
}

# anon: KiB that the daemons have of their own.
anon()
{
	cat "/proc/$MONITOR/status" "/proc/$RINGLETD/status" \
	    "/proc/$SANDBOXER/status" |
	    awk '/^RssAnon:/ { t += $2 } END { print t }'
}

# files: all that there are in the folders of this test; not the log's parts.
files()
{
	find "$HOME" "$XDG_RUNTIME_DIR" | grep -v "^$LOG" | sort
}

terminals()
{
	cat /proc/sys/kernel/pty/nr
}

# sessions FIRST COUNT: they start and end, and are forgotten.
sessions()
{
	python3 "$LIVE_SRC/thousand.py" "$ADDRESS" "$TOKEN" work "$1" "$2" &&
	    ringlet terminal cleanup >/dev/null
}

# quiet: nothing of a session is there any more.
quiet()
{
	nothing_left && [ "$(descriptors)" = "$held" ]
}

# The first hundred make room for those that follow.
check "100 sessions start and end" sessions 0 100
# What is kept for a while after use is gone then.
held=
settled()
{
	was=$held
	held=$(descriptors)
	[ "$held" = "$was" ] && nothing_left && sleep 1 &&
	    [ "$(descriptors)" = "$held" ]
}
wait_for 20 settled || bail "the daemons come to rest"
files >"$T/before"
memory=$(anon)
pty=$(terminals)
done=0
while [ $done -lt $many ]; do
	check "sessions $done to $((done + 99)) start and end" \
	    sessions $done 100
	done=$((done + 100))
done
check "nothing of them runs, descriptors are as before ($held)" \
    wait_for 20 quiet
echo "descriptors: $(descriptors)"
files >"$T/after"
is "files are the same" "$(diff "$T/before" "$T/after")" ""
# Others on this machine have terminals too.
check "no terminal is left ($pty, $(terminals))" \
    test $(($(terminals) - pty)) -lt $((many / 20))
is "no session is known" "$(ringlet --json terminal list |
    grep -c '"state"')" 0
if [ -z "${ASAN_OPTIONS:-}" ]; then
	check "memory is as before ($memory KiB, $(anon) KiB)" \
	    test $(($(anon) - memory)) -lt 512
else
	skip "memory: sanitizers keep what was freed"
fi
done_testing
