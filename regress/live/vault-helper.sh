# The vault keeps keys in one sealed file that another program can read by its manual page; what is wrong with it is told, and left alone.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

OK=0 INVALID=-2 NOTFOUND=-7 EXISTS=-8 DENIED=-9 LOCKED=-13
PASSPHRASE=-19 DAMAGED=-20

helper=${LIVE_LIBEXEC:+$LIVE_LIBEXEC/ringlet-keychain}
[ -n "$helper" ] || helper=$(dirname "$(dirname \
    "$(readlink -f "$LIVE_BIN/ringlet")")")/libexec/ringlet/ringlet-keychain
[ -x "$helper" ] || bail "ringlet-keychain is there ($helper)"

mkdir -m 700 "$T/data"
BACKEND=vault VAULT=$T/data/vault VAULT_KEY='' GENERATION=0
GENERATION_FILE=$T/generation
export BACKEND VAULT VAULT_KEY GENERATION GENERATION_FILE

# call OPERATION...: one call; sets RESULT, TEXT and VALUE.
call()
{
	timeout 60 "$LIVE_SRC/kccall" "$helper" "$@" >"$T/reply" 2>"$T/err" ||
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

# with WORDS WHAT RESULT OPERATION...: the words are a key or a passphrase.
with()
{
	printf '%s' "$1" >"$T/words"
	shift
	gives "$@" <"$T/words"
}

# unchanged WHAT: the file is as it was when it was kept.
unchanged()
{
	check "$1" cmp -s "$VAULT" "$T/kept"
}

# Before there is one.
gives "there is no vault at first" "$NOTFOUND" status
like "and what makes one is said" "$TEXT" 'ringlet keychain unlock'
with pass "nor is there anything to unlock" "$NOTFOUND" unlock
with k "a key is not stored in nothing" "$NOTFOUND" store work anthropic
refute "no file comes of it" test -e "$VAULT"

# One is made.
pass=$(canary passphrase)
key=$(canary vault)
with "$pass" "it is made with a passphrase" "$OK" new
is "without a word" "$TEXT" ""
VAULT_KEY=$VALUE
is "its key has 32 bytes" "${#VAULT_KEY}" 64
is "the file is the user's alone" "$(stat -c %a "$VAULT")" 600
with "$pass" "and not made twice" "$EXISTS" new
with '' "an empty passphrase is none" "$INVALID" new
with "$key" "a key is stored" "$OK" store work anthropic
with "$key-2" "and a second" "$OK" store home openai
with "$key-a" "and the audit log's" "$OK" store .audit ringlet
gives "one is found" "$OK" lookup work anthropic
is "as it was" "$VALUE" "$key"
gives "of another provider there is none" "$NOTFOUND" lookup work openai
gives "all are listed" "$OK" list
is "by name" "$VALUE" "$(printf '%s\n' '.audit ringlet' 'home openai' \
    'work anthropic')"
gives "it says where keys go" "$OK" status
like "by the file's name" "$TEXT" "$VAULT"
is "each write was a generation" "$(cat "$T/generation")" 4
refute "no key is to be read in it" grep -q "$key" "$VAULT"
refute "nor is a name" grep -q -a 'work\|openai' "$VAULT"
refute "nor the passphrase" grep -q "$pass" "$VAULT"
is "only the vault and its lock are there" "$(ls "$T/data")" "vault
vault.lock"

# Another program reads it.
"$LIVE_SRC/vaultread" "$VAULT_KEY" "$VAULT" >"$T/read" 2>"$T/err"
is "a reader of its own, by the manual page, finds the same" \
    "$(cat "$T/read")" "$(printf '%s\n' ".audit ringlet $key-a" \
    "home openai $key-2" "work anthropic $key")"

# The passphrase.
cp -p "$VAULT" "$T/kept"
open=$VAULT_KEY
VAULT_KEY=''
gives "without its key it is locked" "$LOCKED" lookup work anthropic
like "and what to type is said" "$TEXT" 'ringlet keychain unlock'
gives "also for what is not there" "$LOCKED" lookup nobody anthropic
gives "and to list" "$LOCKED" list
with x "and to store" "$LOCKED" store work anthropic
with "$pass." "another passphrase is told" "$PASSPHRASE" unlock
like "as that" "$TEXT" 'another passphrase'
with "$pass" "the passphrase opens it" "$OK" unlock
is "with the same key" "$VALUE" "$open"
unchanged "none of it has changed the file"
VAULT_KEY=$open
with "$pass-new" "it gets another passphrase" "$OK" passphrase
with "$pass" "the former does not open it" "$PASSPHRASE" unlock
with "$pass-new" "the new one does" "$OK" unlock
is "the key is the same" "$VALUE" "$open"
gives "and so are the contents" "$OK" lookup home openai
is "of it" "$VALUE" "$key-2"

# An older file.
GENERATION=5
cp -p "$VAULT" "$T/new"
cp -p "$T/kept" "$VAULT"
gives "an older file is not taken" "$DAMAGED" lookup work anthropic
like "and told as one" "$TEXT" 'older file was put back'
with x "nor written over" "$DAMAGED" store work anthropic
unchanged "which leaves it"
cp -p "$T/new" "$VAULT"

# Damage.
damage()
{
	what=$1 words=$2
	cp -p "$VAULT" "$T/kept"
	gives "$what: it is told" "$DAMAGED" lookup work anthropic
	like "$what: as that" "$TEXT" "$words"
	with x "$what: nothing is stored" "$DAMAGED" store work anthropic
	gives "$what: nothing is deleted" "$DAMAGED" delete work
	with "$pass-new" "$what: it does not unlock" "$DAMAGED" unlock
	with "$pass-new" "$what: none is made in its place" "$EXISTS" new
	unchanged "$what: the file is as it was"
	cp -p "$T/new" "$VAULT"
}
# flip OFFSET: another byte there.
flip()
{
	was=$(od -A n -t u1 -j "$1" -N 1 "$VAULT" | tr -d ' ')
	# shellcheck disable=SC2059  # an octal escape
	printf "\\$(printf %o $((was ^ 1)))" |
	    dd of="$VAULT" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
flip 130
damage "an altered header" 'header was altered'
flip 270
damage "altered contents" 'contents were altered'
truncate -s 300 "$VAULT"
damage "a cut file" truncated
: >"$VAULT"
damage "an empty file" truncated
echo hello >"$VAULT"
damage "another file" "no vault of Ringlet's"
cp -p "$T/new" "$T/older"
GENERATION=0
with "$key" "a newer vault" "$OK" store third zai
head -c 192 "$T/older" >"$T/mixed"
tail -c +193 "$VAULT" >>"$T/mixed"
cp "$T/mixed" "$VAULT"
damage "a header that was rolled back" 'rolled back'
GENERATION=5

# What is in its place.
chmod 640 "$VAULT"
gives "one that others may read is refused" "$DENIED" lookup work anthropic
like "with what to type" "$TEXT" 'chmod 600'
chmod 600 "$VAULT"
mv "$VAULT" "$T/data/real"
ln -s real "$VAULT"
gives "so is a link" "$DENIED" lookup work anthropic
like "as that" "$TEXT" 'symbolic link'
rm "$VAULT"
gives "one that is gone is told" "$NOTFOUND" lookup work anthropic
like "as gone" "$TEXT" 'gone'
mv "$T/data/real" "$VAULT"

# Many at once.
for i in 1 2 3 4 5 6 7 8; do
	printf 'sk-%s' $i >"$T/k$i"
	"$LIVE_SRC/kccall" "$helper" store "many$i" openai <"$T/k$i" \
	    >"$T/many$i" &
	eval "many$i=\$!"
done
for i in 1 2 3 4 5 6 7 8; do
	eval "wait \$many$i"
	is "of eight helpers at once, $i stores" "$(sed -n 1p "$T/many$i")" 0
done
call list
is "and none loses what another did" "$(echo "$VALUE" | grep -c '^many')" 8
gives "a key is deleted" "$OK" delete many1
gives "and then absent" "$NOTFOUND" lookup many1 openai
gives "also to delete" "$NOTFOUND" delete many1
done_testing
