# shellcheck shell=sh
# arguments-lib.sh: the argument lists of all processes, watched while things
# happen.  What to look for is in a file: grep's own arguments are watched too.

# watch_arguments TEXT...: from now on, what has a TEXT goes to $T/seen.
watch_arguments()
{
	printf '%s\n' "$@" control-word >"$T/patterns"
	: >"$T/seen"
	while [ ! -e "$T/stop" ]; do
		cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' |
		    grep -aF -f "$T/patterns" >>"$T/seen"
	done &
	WATCHER=$!
	at_end $WATCHER
}

# end_watch: once it has gone through all processes after this.
end_watch()
{
	mkfifo "$T/held"
	# shellcheck disable=SC2016
	sh -c 'read -r x <"$1"' control-word "$T/held" &
	live_word=$!
	tail -n 1 "$T/patterns" >"$T/control"
	wait_for 60 grep -qF -f "$T/control" "$T/seen"
	live_code=$?
	kill $live_word
	wait $live_word 2>/dev/null
	touch "$T/stop"
	wait $WATCHER 2>/dev/null
	check "argument lists were watched" test $live_code -eq 0
}
