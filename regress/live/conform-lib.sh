# What every keychain must do, tried on whoever keeps secrets on the session bus; read by tests after lib.sh.
# shellcheck shell=sh

# conforms WHO [-l]: runs the claims of regress/keychain/conform.c, all on an
# open keyring, or with -l those of a locked one; each is a claim about WHO.
conforms()
{
	who=$1
	shift
	"$LIVE_FAKE/conform" "$@" secret-service \
	    >"$T/conform" 2>"$T/conform.err"
	tried=$?
	cat "$T/conform.err"
	sed -n -e "s/^ok /ok $who: /p" -e "s/^not ok /not ok $who: /p" \
	    "$T/conform"
	! grep -q '^not ok' "$T/conform" || LIVE_FAILED=1
	# Ended by itself, and not before the last.
	check "$who: all was tried" test $tried -le 1
}

# lock_default: locks the default keyring, through the bus.
lock_default()
{
	collection=$(dbus-send --session --print-reply=literal \
	    --dest=org.freedesktop.secrets /org/freedesktop/secrets \
	    org.freedesktop.Secret.Service.ReadAlias string:default |
	    tr -d ' ')
	dbus-send --session --print-reply --dest=org.freedesktop.secrets \
	    /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
	    array:objpath:"$collection" >/dev/null
}
