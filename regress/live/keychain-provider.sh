# A Secret Service that dies, lies, refuses, or has two of everything is met with the right error, which says what to do, and no stored key is lost.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

OK=0 NOTFOUND=-7 DENIED=-9 UNAVAILABLE=-12 LOCKED=-13 NOSERVICE=-14

helper=${LIVE_LIBEXEC:+$LIVE_LIBEXEC/ringlet-keychain}
[ -n "$helper" ] || helper=$(dirname "$(dirname \
    "$(readlink -f "$LIVE_BIN/ringlet")")")/libexec/ringlet/ringlet-keychain

# call OPERATION...: one call, store's key from $KEY; sets RESULT, TEXT, VALUE.
call()
{
	printf '%s' "$KEY" >"$T/key"
	timeout 30 "$LIVE_SRC/kccall" "$helper" "$@" <"$T/key" \
	    >"$T/reply" 2>"$T/err" || cat "$T/err"
	RESULT=$(sed -n 1p "$T/reply")
	TEXT=$(sed -n 2p "$T/reply")
	VALUE=$(sed -n '3,$p' "$T/reply")
}

# gives WHAT RESULT TEXT OPERATION...: TEXT is a pattern.
gives()
{
	what=$1 wanted=$2 text=$3
	shift 3
	call "$@"
	if [ "$RESULT" = "$wanted" ] &&
	    printf '%s\n' "$TEXT" | grep -Eq -- "$text"; then
		ok "$what"
	else
		not_ok "$what"
		printf '\tgot:    %s: %s\n\twanted: %s: /%s/\n' "$RESULT" \
		    "$TEXT" "$wanted" "$text"
	fi
	[ "$RESULT" = 0 ] || printf '%s\n' "$TEXT" >>"$T/texts"
}

# has WHAT KEY: the scripted keyring has that one key of alice, and no other.
has()
{
	fake Items | grep ' profile=alice ' | cut -d' ' -f3 >"$T/has"
	is "$1" "$(cat "$T/has")" "$(printf '%s' "$2" | od -An -tx1 |
	    tr -d ' \n')"
}

# again: the keyring has ended; start it with what it had.
again()
{
	wait "$FAKE"
	start_fake
}

# hex TEXT
hex()
{
	printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'
}

start_bus
start_fake
KEY=sk-former
gives "an honest one stores" $OK '' store alice anthropic
has "what it was given" sk-former
fake Items >"$T/items"
like "by attributes that others can read" "$(cat "$T/items")" \
    'profile=alice provider=anthropic service=ringlet xdg:schema=org\.ringlet\.ApiKey$'
like "under a name that a person can read" "$(cat "$T/items")" \
    'Ringlet:_alice_\(anthropic\)'

# A search looks at all that a keyring holds; what goes meanwhile is not its end.
for n in 1 2 3; do
	fake Put login text/plain 6f service=ringlet profile=other \
	    "provider=p$n" xdg:schema=org.ringlet.ApiKey
done
fake Do vanish GetAll
gives "items that are removed meanwhile stop nobody" $OK '' \
    lookup alice anthropic
is "who gets the key" "$VALUE" sk-former
fake Do honest GetAll
fake Items >"$T/items"
refute "(they were removed)" grep -q profile=other "$T/items"

# doing WHAT STEP WANTED OPERATION...: the call fails like that, and alice's
# key is the former one.
doing()
{
	does=$1 at=$2 error=$3
	shift 3
	fake Do "$does" "$at"
	gives "$does at $at: $1 fails" "$error" ': ' "$@"
	is "and hands nothing on" "$VALUE" ""
	if [ "$does" = die ]; then again; else fake Do honest "$at"; fi
	has "the former key is there" sk-former
}

# wanted WHAT: the error that this is to be told as.
wanted()
{
	case $1 in
	die) echo "$NOSERVICE" ;;
	refuse) echo "$DENIED" ;;
	*) echo "$UNAVAILABLE" ;;
	esac
}

# At every step of a replacement, a new key, a lookup and a removal.
KEY=sk-latter
for way in die refuse type empty; do
	for step in OpenSession SearchItems GetAll SetSecret; do
		case $way-$step in
		# Finding nothing is an answer.
		empty-SearchItems) continue ;;
		refuse-GetAll) doing $way $step $UNAVAILABLE \
		    store alice anthropic ;;
		*) doing $way $step "$(wanted $way)" store alice anthropic ;;
		esac
	done
	[ $way = empty ] ||
		doing $way ReadAlias "$(wanted $way)" store bob anthropic
	doing $way CreateItem "$(wanted $way)" store bob anthropic
	doing $way GetSecret "$(wanted $way)" lookup alice anthropic
	doing $way Delete "$(wanted $way)" delete alice
done
for step in OpenSession SearchItems ReadAlias CreateItem; do
	doing path $step $UNAVAILABLE store bob anthropic
done
doing drop SearchItems $UNAVAILABLE lookup alice anthropic

# A new key is in place, the answer is lost: the key is not.
fake Do dieafter SetSecret
gives "an end after storing is no success" $NOSERVICE ': ' \
    store alice anthropic
again
has "the new key is there" sk-latter
fake Do wrong CreateItem
KEY=sk-third
gives "a key that comes back as another one is no success" $UNAVAILABLE \
    'gives another one back' store alice openai
fake Do honest CreateItem
call lookup alice anthropic
is "and the former one is not removed" "$VALUE" sk-latter
fake Reset
KEY=sk-former
fake Do slow CreateItem
gives "a slow one is waited for" $OK '' store alice anthropic
fake Do honest CreateItem

# What it hands out.
# put NAME TYPE HEX
put()
{
	fake Put login "$2" "$3" service=ringlet "profile=$1" \
	    provider=openai xdg:schema=org.ringlet.ApiKey
}
put nul text/plain 736b0041
put bytes text/plain fffe4141
put none text/plain ''
put image image/png 736b
put big text/plain "$(head -c 8193 /dev/zero | tr '\0' A | od -An -v -tx1 |
    tr -d ' \n')"
fake Huge login service=ringlet profile=huge provider=openai \
    xdg:schema=org.ringlet.ApiKey
for name in nul bytes none image big huge; do
	gives "a value like \"$name\" is no key" $UNAVAILABLE \
	    'give the profile its key again' lookup $name openai
	is "and is not handed on" "$VALUE" ""
done

# Two of the same, two keyrings.
put twice text/plain "$(hex sk-first)"
put twice text/plain "$(hex sk-second)"
call lookup twice openai
is "of two with the same attributes the newest is taken" "$VALUE" sk-second
fake Collection work
fake Default work
call lookup alice anthropic
is "a key in a keyring that is not the default is found" "$VALUE" sk-former
KEY=sk-moved
gives "and replaced where it is" $OK '' store alice anthropic
has "by one" sk-moved
like "in that keyring" "$(fake Items)" '^login .*profile=alice'
gives "a new one goes to the default" $OK '' store dora anthropic
like "which is another" "$(fake Items)" '^work .*profile=dora'
fake Lock login
gives "a lock on another keyring is no matter" $OK '' lookup dora anthropic
gives "nor to store" $OK '' store dora anthropic
gives "what is absent may be in there" $NOTFOUND 'one that is locked may' \
    lookup carol anthropic
gives "what is locked there is locked" $LOCKED 'unlock it' lookup twice openai
gives "and is not removed" $LOCKED 'unlock it' delete twice
fake Unlock login
fake Default ''
gives "without a default one finds" $OK '' lookup alice anthropic
gives "and replaces" $OK '' store alice anthropic
gives "and stores nothing new" $LOCKED 'no default keyring' \
    store edith anthropic
gives "and says so" $LOCKED 'make one' status
fake Default login

# A prompt that shows nothing is let through; one that stays is not.
fake Confirm CreateItem
fake Confirm Delete
KEY=sk-prompted
gives "a prompt that is over at once is no hindrance" $OK '' \
    store fred anthropic
gives "but to remove something over HTTP" $LOCKED 'confirmation' delete fred
ASK=1
export ASK
gives "which the command can do" $OK '' delete fred
fake Prompt never
gives "one that stays is sent away" $LOCKED 'confirmation' delete alice
like "and told so" "$(fake Calls)" ' Dismiss'
has "the key is there" sk-moved
fake Reset

# With somebody who can see it.
export PROMPT_FILE="$T/prompt" ASK=2
KEY=sk-asked
fake Lock login
gives "asked, the keyring unlocks, and the key is stored" $OK '' \
    store alice anthropic
is "which was said before and after" "$(cat "$PROMPT_FILE")" "open
ended"
fake Lock login
gives "the same for a lookup" $OK '' lookup alice anthropic
is "which finds it" "$VALUE" sk-asked
fake Prompt dismiss
fake Lock login
DISMISSED=-25
gives "sent away, it is an error of its own" $DISMISSED 'answer it' \
    lookup alice anthropic
gives "also to remove" $DISMISSED 'answer it' delete alice
fake Prompt lie
gives "a prompt that unlocks nothing was dismissed" $DISMISSED 'answer it' \
    lookup alice anthropic
fake Prompt die
gives "the end of who asks is no answer" $NOSERVICE 'try again' \
    lookup alice anthropic
again
fake Unlock login
has "all the time the key is there" sk-asked
fake Confirm Delete
gives "a removal may be confirmed" $OK '' delete alice
has "and is done" ''
unset PROMPT_FILE ASK
# Every error told what to do.
grep -Ev 'try again|start|unlock|allow|make one|give the profile|confirm|its own program' \
    "$T/texts" >"$T/mute"
is "no error leaves one alone" "$(cat "$T/mute")" ""
done_testing
