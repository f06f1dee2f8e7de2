# KeePassXC keeps keys as well: they are stored, found, replaced, listed and removed in a real database, and one that is locked is told as that.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/conform-lib.sh"

OK=0 NOTFOUND=-7 LOCKED=-13

for program in keepassxc keepassxc-cli; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
helper=${LIVE_LIBEXEC:+$LIVE_LIBEXEC/ringlet-keychain}
[ -n "$helper" ] || helper=$(dirname "$(dirname \
    "$(readlink -f "$LIVE_BIN/ringlet")")")/libexec/ringlet/ringlet-keychain

# gives WHAT RESULT OPERATION...: store's key is $KEY; sets TEXT and VALUE.
KEY=''
gives()
{
	what=$1 wanted=$2
	shift 2
	printf '%s' "$KEY" >"$T/key"
	timeout 30 "$LIVE_SRC/kccall" "$helper" "$@" <"$T/key" \
	    >"$T/reply" 2>"$T/err" || cat "$T/err"
	TEXT=$(sed -n 2p "$T/reply")
	VALUE=$(sed -n '3,$p' "$T/reply")
	is "$what" "$(sed -n 1p "$T/reply")" "$wanted"
	[ "$wanted" = 0 ] || printf '\t%s\n' "$TEXT"
}

# A database whose one group is exposed, which only its settings say.
# Its lock and socket are in the folder for temporary files.
export QT_QPA_PLATFORM=offscreen XDG_CACHE_HOME="$HOME/.cache" TMPDIR="$T"
mkdir -p "$XDG_CACHE_HOME" "$XDG_CONFIG_HOME/keepassxc"
cat >"$T/empty.xml" <<-'XML'
	<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
	<KeePassFile>
	 <Meta>
	  <DatabaseName>keys</DatabaseName>
	  <CustomData><Item>
	   <Key>FDO_SECRETS_EXPOSED_GROUP</Key>
	   <Value>{00112233-4455-6677-8899-aabbccddeeff}</Value>
	  </Item></CustomData>
	 </Meta>
	 <Root><Group>
	  <UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name>
	 </Group></Root>
	</KeePassFile>
XML
printf 'throwaway\nthrowaway\n' | keepassxc-cli import -q -t 100 -p \
    "$T/empty.xml" "$T/keys.kdbx" >"$T/import" 2>&1 ||
	{ cat "$T/import"; bail "keepassxc-cli makes a database"; }

saves=true
# start_keepassxc ACCESS DELETION [OPTION]: with the password on standard input,
# where OPTION says that it is there; whether it asks about either.
start_keepassxc()
{
	cat >"$XDG_CONFIG_HOME/keepassxc/keepassxc.ini" <<-INI
		[General]
		ConfigVersion=2
		UpdateCheckMessageShown=true
		AutoSaveAfterEveryChange=$saves
		[FdoSecrets]
		Enabled=true
		ShowNotification=false
		ConfirmAccessItem=$1
		ConfirmDeleteItem=$2
		[GUI]
		CheckForUpdates=false
	INI
	echo throwaway | keepassxc ${3:-} \
	    --config "$XDG_CONFIG_HOME/keepassxc/keepassxc.ini" \
	    "$T/keys.kdbx" >"$T/keepassxc.log" 2>&1 &
	KEEPASSXC=$!
	at_end $KEEPASSXC
	# It has the name before the database is open.
	wait_for 30 answers "${3:-}" ||
		{ cat "$T/keepassxc.log"; bail "KeePassXC serves"; }
}
answers()
{
	"$LIVE_SRC/kccall" "$helper" status >"$T/reply" 2>/dev/null
	case $(sed -n 1p "$T/reply") in
	0) [ -n "$1" ] ;;
	"$LOCKED") [ -z "$1" ] && grep -q 'keyring is locked' "$T/reply" ;;
	*) return 1 ;;
	esac
}
stop_keepassxc()
{
	# Asked to end, it would wait until its windows are answered.
	kill -KILL "$KEEPASSXC"
	wait "$KEEPASSXC" 2>/dev/null
}

start_bus
start_keepassxc false false --pw-stdin
ASK=1
export ASK
gives "an open database can store" $OK status
like "and is named" "$TEXT" 'keys'
gives "a key that is not there is absent" $NOTFOUND lookup alice anthropic
KEY=$(canary keepassxc)
first=$KEY
gives "a key is stored" $OK store alice anthropic
gives "and found" $OK lookup alice anthropic
is "as it was" "$VALUE" "$first"
is "an independent client finds it by our attributes" "$(secret-tool lookup \
    xdg:schema org.ringlet.ApiKey service ringlet profile alice \
    provider anthropic)" "$first"
KEY=$first-2
gives "another replaces it" $OK store alice anthropic
gives "and is found" $OK lookup alice anthropic
is "as it was" "$VALUE" "$first-2"
gives "for another provider, too" $OK store alice openai
gives "the former provider's is gone" $NOTFOUND lookup alice anthropic
gives "and the new one there" $OK lookup alice openai
is "with its value" "$VALUE" "$first-2"
is "it is the only one" "$(secret-tool search --all service ringlet \
    profile alice 2>/dev/null | grep -c '^secret = ')" 1
gives "a second profile has its own" $OK store bob openai
gives "both are listed" $OK list
is "by their names" "$VALUE" "alice openai
bob openai"
ASK=0
gives "over HTTP a removal is refused" $LOCKED delete alice
like "which says what to do" "$TEXT" 'type the command'
ASK=1
gives "by the command one is removed" $OK delete alice
gives "and is no more" $NOTFOUND lookup alice openai
gives "the other is there" $OK lookup bob openai

# The whole way, by the command and over HTTP.
start_daemon
new_profile shell whole "$first" -p anthropic
like "the command reads it" "$(ringlet profiles env whole)" "$first"
is "a session over HTTP starts" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"whole","args":["-c",":"]}')" 201
await "$(json data session_id <"$T/body")"
is "a deletion over HTTP is refused" "$(api DELETE /api/profiles/whole)" 503
check "by the command the profile is deleted" \
    ringlet profiles delete whole -y
refute "with its key" secret-tool lookup service ringlet profile whole
ringlet daemon stop >/dev/null
wait_for 10 grep -aq . "$T/keys.kdbx"
refute "the key is in no file" grep -rFlq -- "$first" "$HOME" "$T/keys.kdbx"
stop_keepassxc

# What every keychain must do.  That is many changes at once, in which 2.7.4
# crashes if it saves after each.
saves=false
start_keepassxc false false --pw-stdin
# The audit log's own is among what the next counts, if the daemon had the time
# to store it.
printf x | timeout 30 "$LIVE_SRC/kccall" "$helper" delete .audit >/dev/null
gives "the audit log's key is gone" $NOTFOUND delete .audit
conforms KeePassXC
stop_keepassxc
saves=true

# As it is by default, it asks; here nobody can answer.
start_keepassxc true true --pw-stdin
KEY=$first-3
gives "a new one is stored" $OK store carol openai
gives "where it asks before it shows, the key is locked" $LOCKED \
    lookup bob openai
like "which says what to do" "$TEXT" 'unlock it with its own program'
gives "it is not removed" $LOCKED delete bob
stop_keepassxc

start_keepassxc false false
gives "a locked database is locked, not empty" $LOCKED lookup bob openai
gives "for a removal" $LOCKED delete bob
gives "for a list" $LOCKED list
gives "and to store" $LOCKED store bob openai
conforms "a locked KeePassXC" -l
stop_keepassxc

start_keepassxc false false --pw-stdin
gives "after all that the keys are there" $OK lookup bob openai
is "unchanged" "$VALUE" "$first-2"
done_testing
