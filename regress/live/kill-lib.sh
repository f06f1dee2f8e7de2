# shellcheck shell=sh
# kill-lib.sh: what the tests of sudden death have in common.  Source lib.sh
# first.
#
# Whoever lost its parent becomes a child of the process that runs this test
# (supervise is the subreaper of all of it), so that an orphan is seen however
# it is called; agents carry $MARK in their arguments besides.

MARK=mark-${T##*.}

# children_of PID: the pids of its children, one a line; nothing if it is gone.
children_of()
{
	tr ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null | grep .
}

# only_child PID: print the first child that it has.
only_child()
{
	children_of "$1" | head -n 1
}

# strays: whatever has lost its parent, but for the monitor; a zombie is dead.
strays()
{
	for stray in $(children_of "$PPID"); do
		[ "$stray" = $$ ] || [ "$stray" = "${MONITOR:-}" ] ||
			! grep -qa . "/proc/$stray/cmdline" 2>/dev/null ||
			echo "$stray"
	done
}

# marked: whether an agent of this test runs.  It does not match itself.
marked()
{
	grep -qa "[m]${MARK#m}" /proc/[0-9]*/cmdline 2>/dev/null
}

# nothing_left: no agent, no jail, no orphan.
nothing_left()
{
	! marked && [ -z "$(strays)" ] && {
		[ ! -d "/proc/$SANDBOXER" ] ||
			[ -z "$(children_of "$SANDBOXER")" ]
	}
}

# nothing_lives: nothing_left, and none of the three daemons.
nothing_lives()
{
	[ ! -d "/proc/$MONITOR" ] && [ ! -d "/proc/$RINGLETD" ] &&
		[ ! -d "/proc/$SANDBOXER" ] && nothing_left
}

# sees WHAT: wait until the viewer of viewer() has seen it.
sees()
{
	wait_for 20 grep -q "$1" "$T/seen"
}

# viewer ID: one by the command, in the background; output in $T/seen.
viewer()
{
	: >"$T/seen"
	rm -f "$T/viewer.code"
	{
		ringlet terminal attach --read-only "$1" \
		    >"$T/seen" 2>"$T/viewer.err"
		echo $? >"$T/viewer.code"
	} &
}

# in_jail ID: set BWRAP, INIT and AGENT to the pids of a session's processes.
in_jail()
{
	BWRAP=$(only_child "$SANDBOXER")
	INIT=$(only_child "$BWRAP")
	# shellcheck disable=SC2034  # for tests
	AGENT=$(only_child "$INIT")
}

# gone PID
gone()
{
	[ ! -d "/proc/$1" ]
}

# works: a session starts and ends as it should; facts are of this daemon.
works()
{
	ID=$(ringlet profiles run work --remote -C "$WORK" -- -c 'exit 9' \
	    2>"$T/run.err") && await "$ID" &&
	    [ "$(field "$ID" exit_code)" = 9 ]
}

answers()
{
	[ "$(api GET /api/ping)" = 200 ]
}

# recovers: all three serve; then the facts are those of today's processes.
recovers()
{
	wait_for 20 works && daemon_facts && wait_for 20 answers
}

# revive: a daemon where the last one was killed.
revive()
{
	ringlet daemon >"$T/daemon.out" 2>&1 && daemon_facts
}

# value NAME: one member of the daemon's status.
value()
{
	ringlet --json daemon status | json data "$1"
}

# dither MAX: pass a random short time, without a process.
dither()
{
	dither_n=$(($(od -An -N2 -tu2 /dev/urandom) % $1))
	while [ "$dither_n" -gt 0 ]; do
		dither_n=$((dither_n - 1))
	done
}

# own_programs: a folder of programs of this test, to put others into.
own_programs()
{
	[ -n "${LIVE_LIBEXEC:-}" ] ||
		skip_all "the programs are not in one folder"
	PROGRAMS=$T/libexec
	mkdir "$PROGRAMS"
	for program in "$LIVE_LIBEXEC"/*; do
		ln -s "$program" "$PROGRAMS/"
	done
	RINGLET_LIBEXEC_DIR=$PROGRAMS
	export RINGLET_LIBEXEC_DIR
}

# stand_in NAME TEXT: a script in a program's place; put_back NAME undoes it.
stand_in()
{
	printf '#!/bin/sh\n%s\n' "$2" >"$T/stand-in"
	chmod 755 "$T/stand-in"
	mv -f "$T/stand-in" "$PROGRAMS/$1"
}
put_back()
{
	ln -sf "$LIVE_LIBEXEC/$1" "$PROGRAMS/$1"
}
