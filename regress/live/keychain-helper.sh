# The keychain helper stores, finds, replaces and removes keys in a real keyring, and tells absent, locked and no service apart.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

OK=0 INVALID=-2 NOTFOUND=-7 UNAVAILABLE=-12 LOCKED=-13 NOSERVICE=-14

helper=${LIVE_LIBEXEC:+$LIVE_LIBEXEC/ringlet-keychain}
[ -n "$helper" ] || helper=$(dirname "$(dirname \
    "$(readlink -f "$LIVE_BIN/ringlet")")")/libexec/ringlet/ringlet-keychain
[ -x "$helper" ] || bail "ringlet-keychain is there ($helper)"
monitor=${helper%-keychain}-monitor

# call OPERATION...: one call; sets RESULT, TEXT and VALUE.
call()
{
	RESULT='' TEXT='' VALUE=''
	timeout 30 "$LIVE_SRC/kccall" "$helper" "$@" >"$T/reply" 2>"$T/err" ||
		cat "$T/err"
	RESULT=$(sed -n 1p "$T/reply")
	TEXT=$(sed -n 2p "$T/reply")
	VALUE=$(sed -n '3,$p' "$T/reply")
}

# gives WHAT RESULT OPERATION...
gives()
{
	what=$1 wanted=$2
	shift 2
	call "$@"
	is "$what" "$RESULT" "$wanted"
}

# stores WHAT RESULT PROFILE PROVIDER KEY
stores()
{
	printf '%s' "$5" >"$T/key"
	gives "$1" "$2" store "$3" "$4" <"$T/key"
}

# items ALIAS: how many an independent client finds.
items()
{
	secret-tool search --all service ringlet profile "$1" 2>/dev/null |
	    grep -c '^secret = '
}

# Without a bus, and with one that has no keyring.
gives "a bus that is not there is no service" "$NOSERVICE" status
like "and says what it did" "$TEXT" 'session bus'
unset DBUS_SESSION_BUS_ADDRESS
gives "nor is no bus at all" "$NOSERVICE" lookup alice anthropic
like "which has another reason" "$TEXT" 'DBUS_SESSION_BUS_ADDRESS'
# What could run a program or reach a network is not even tried.
for address in "unixexec:path=/bin/sh,argv1=-c,argv2=touch $T/ran" \
    "tcp:host=127.0.0.1,port=9" "autolaunch:" \
    "unix:path=$T/none;autolaunch:"; do
	DBUS_SESSION_BUS_ADDRESS=$address
	export DBUS_SESSION_BUS_ADDRESS
	gives "${address%%:*} is no bus for us" "$NOSERVICE" status
done
refute "and nothing was run" test -e "$T/ran"

start_keyring
kill "$KEYRING"
wait "$KEYRING" 2>/dev/null
gives "a bus without a keyring is no service" "$NOSERVICE" status
like "and says who is missing" "$TEXT" 'Secret Service'
stores "which stores nothing" "$NOSERVICE" alice anthropic x

printf throwaway | gnome-keyring-daemon --foreground --unlock \
    --components=secrets >"$T/keyring.log" 2>&1 &
KEYRING=$!
at_end $KEYRING
wait_for 20 keyring_answers || bail "the keyring unlocks again"
secret-tool clear live probe

# Open.
gives "an open keyring says so" "$OK" status
gives "a key that is not there is absent" "$NOTFOUND" lookup alice anthropic
gives "also to delete" "$NOTFOUND" delete alice
key=$(canary helper)
stores "a key is stored" "$OK" alice anthropic "$key"
is "an independent client finds it" "$(secret-tool lookup service ringlet \
    profile alice provider anthropic)" "$key"
like "under its schema and label" "$(secret-tool search --all \
    service ringlet profile alice 2>&1)" 'label = Ringlet: alice \(anthropic\)'
like "with our schema" "$(secret-tool search --all service ringlet \
    profile alice 2>&1)" 'schema = org\.ringlet\.ApiKey'
gives "so do we" "$OK" lookup alice anthropic
is "unchanged" "$VALUE" "$key"
gives "for another provider there is none" "$NOTFOUND" lookup alice openai
gives "nor for another profile" "$NOTFOUND" lookup alicE anthropic

# Replaced.
stores "another key replaces it" "$OK" alice anthropic "$key-2"
call lookup alice anthropic
is "the new one is found" "$VALUE" "$key-2"
is "and it is the only one" "$(items alice)" 1
stores "also for another provider" "$OK" alice openai "$key-3"
is "it is still the only one" "$(items alice)" 1
gives "the former provider's is gone" "$NOTFOUND" lookup alice anthropic
stores "a second profile has its own" "$OK" bob openai "$key-bob"

# Several, from another client.
printf '%s' "$key-new" | secret-tool store --label=x service ringlet \
    profile alice provider openai extra 1 xdg:schema org.ringlet.ApiKey
is "two match" "$(items alice)" 2
call lookup alice openai
is "the newest is taken" "$VALUE" "$key-new"
gives "deleting takes all" "$OK" delete alice
is "so that none is left" "$(items alice)" 0
call lookup bob openai
is "but not the other profile's" "$VALUE" "$key-bob"

# Values.
# shellcheck disable=SC2016
odd='k"e\y $(x) `y` '"'"'z'"'"' %s ü€'
stores "any printable key is stored" "$OK" odd openai "$odd"
call lookup odd openai
is "and comes back as it was" "$VALUE" "$odd"
big=$(head -c 8192 /dev/zero | tr '\0' k)
stores "one of 8192 bytes too" "$OK" odd openai "$big"
call lookup odd openai
is "and comes back whole" "$VALUE" "$big"
stores "one more is refused" none odd openai "${big}k"
stores "an empty one too" "$INVALID" odd openai ''
stores "and one with a line end" "$INVALID" odd openai 'a
b'
call lookup odd openai
is "which leaves the former one" "$VALUE" "$big"
printf 'a\033b' | secret-tool store --label=x service ringlet profile wild \
    provider openai xdg:schema org.ringlet.ApiKey
gives "what others stored is judged too" "$UNAVAILABLE" lookup wild openai
is "and not handed on" "$VALUE" ""
gives "names are judged" "$INVALID" lookup '../x' openai
gives "providers too" "$INVALID" lookup odd 'A B'

# The list: names, once each, and only those that Ringlet gives.
gives "the keys can be listed" "$OK" list
is "by profile and provider" "$VALUE" "$(printf '%s\n' 'bob openai' \
    'odd openai' 'wild openai')"
is "without a text" "$TEXT" ""
printf x | secret-tool store --label=x service ringlet profile '../x y' \
    provider openai xdg:schema org.ringlet.ApiKey
printf x | secret-tool store --label=x service ringlet profile bob \
    provider openai extra 2 xdg:schema org.ringlet.ApiKey
call list
is "strange names and doubles are left out" "$VALUE" "$(printf '%s\n' \
    'bob openai' 'odd openai' 'wild openai')"
stores "the audit log has an item of its own" "$OK" .audit ringlet "$key"
gives "which is a key like others" "$OK" lookup .audit ringlet
gives "and no other name with a dot is" "$INVALID" lookup .other ringlet
gives "nor another provider" "$INVALID" lookup .audit openai
call list
like "and is listed" "$VALUE" '^\.audit ringlet'
gives "it can be deleted" "$OK" delete .audit
stores "a lone key remains" "$OK" bob openai "$key-bob"

# Other stores.
BACKEND=nowhere
export BACKEND
gives "a store that this build has not is refused" "$INVALID" status
like "by name" "$TEXT" 'nowhere'
unset BACKEND
printf pass >"$T/pass"
gives "the Secret Service has no passphrase of ours" "$INVALID" unlock \
    <"$T/pass"
like "and says so" "$TEXT" 'secret-service has no passphrase'

# What it runs with.
ldd "$helper" >"$T/helper.ldd"
ldd "$monitor" >"$T/monitor.ldd"
check "the helper has libsecret" grep -q libsecret "$T/helper.ldd"
refute "the monitor has neither libsecret nor GLib" \
    grep -Eq 'libsecret|libglib|libgio' "$T/monitor.ldd"
is "started by hand it refuses" "$(status "$helper" 3>&-)" 1
"$LIVE_SRC/kccall" --raw ffffffff7800000007000000 "$helper" status \
    >"$T/reply" 2>/dev/null
is "a malformed request has no answer" "$(sed -n 1p "$T/reply")" none
"$LIVE_SRC/kccall" --raw 010000000400000007000000c0 "$helper" status \
    >"$T/reply" 2>/dev/null
is "nor has another message" "$(sed -n 1p "$T/reply")" none

# Locked.
lock()
{
	collection=$(dbus-send --session --print-reply=literal \
	    --dest=org.freedesktop.secrets /org/freedesktop/secrets \
	    org.freedesktop.Secret.Service.ReadAlias string:default |
	    tr -d ' ')
	dbus-send --session --print-reply --dest=org.freedesktop.secrets \
	    /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
	    array:objpath:"$collection" >/dev/null
}
all_locked()
{
	began=$(date +%s)
	gives "$1: status says locked" "$LOCKED" status
	gives "$1: lookup says locked, not absent" "$LOCKED" lookup bob openai
	gives "$1: also of what may not be there" "$LOCKED" lookup carol openai
	gives "$1: delete says locked" "$LOCKED" delete bob
	gives "$1: list says locked" "$LOCKED" list
	stores "$1: store says locked" "$LOCKED" bob openai new
	stores "$1: also of something new" "$LOCKED" carol openai new
	took=$(($(date +%s) - began))
	check "$1: without waiting for a prompt ($took s)" test $took -lt 15
}
lock
all_locked "locked"
kill "$KEYRING"
wait "$KEYRING" 2>/dev/null
gnome-keyring-daemon --foreground --components=secrets </dev/null \
    >"$T/keyring.log" 2>&1 &
KEYRING=$!
at_end $KEYRING
there()
{
	call status
	[ "$RESULT" != "$NOSERVICE" ]
}
wait_for 20 there || bail "the keyring starts again"
all_locked "never unlocked since its start"
done_testing
