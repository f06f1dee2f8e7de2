# shellcheck shell=sh
# names-lib.sh: whom an agent looks for besides the endpoint.  A test sources
# this before lib.sh.  It then runs where there is no network but loopback, and
# a server of names that knows none and notes what it is asked (names.py); or, if
# that cannot be on this machine, as it is.

if [ -z "${NAMES:-}" ]; then
	NAMES=$(mktemp -d "$LIVE_TMP/rl-names.XXXXXX") || exit 1
	export NAMES
	echo 'nameserver 127.0.0.1' >"$NAMES/resolv.conf"
	: >"$NAMES/asked"
	set -- bwrap --dev-bind / / --unshare-net \
	    --cap-add CAP_NET_BIND_SERVICE \
	    --bind "$NAMES/resolv.conf" "$(realpath /etc/resolv.conf)" \
	    python3 "$LIVE_SRC/names.py" "$NAMES/asked"
	if "$@" true 2>/dev/null; then
		"$@" sh "$0"
	else
		NAMES=none sh "$0"
	fi
	status=$?
	rm -rf "$NAMES"
	exit $status
fi

# asked_nobody_but [NAME]...: no other was looked for.
asked_nobody_but()
{
	if [ "$NAMES" = none ]; then
		skip "nobody else is looked for: names cannot be noted here"
		return
	fi
	shell_profile names
	jailed names -- -c 'getent ahosts control.example' >/dev/null
	check "names that are asked for in a jail are noted" \
	    grep -qx 'control\.example' "$NAMES/asked"
	names_other=$(sort -u "$NAMES/asked")
	for names_known in control.example "$@"; do
		names_other=$(printf '%s\n' "$names_other" |
		    grep -vxF "$names_known")
	done
	is "nobody else is looked for" "$names_other" ""
}
