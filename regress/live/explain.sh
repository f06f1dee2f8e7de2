# What `sandbox explain` says of a jail is what the jail then is, to the last argument; nothing is started for it, and no secret is told.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# Without a daemon it says so and starts none.
is "without a daemon the status is 3" \
    "$(status ringlet sandbox explain nobody)" 3
refute "and none is started" ringlet --json daemon status
shell_profile plain --env SECRET_TOKEN=sk-canary-explain
start_daemon
home=$(ringlet --json profiles inspect plain | json data home)

ringlet --json sandbox explain plain -C "$WORK" >"$T/plan.json" ||
	bail "explain answers"
is "no session was started" "$(ringlet --json terminal list | json data)" '[]'
value()
{
	json "$@" <"$T/plan.json"
}
is "it names the working folder" "$(value data working_dir)" "$WORK"
is "and the home" "$(value data home)" "$home"
refute "the value of a profile's variable is not told" \
    grep -q sk-canary-explain "$T/plan.json"
check "but its name is" grep -q SECRET_TOKEN "$T/plan.json"
check "and <secret> stands for it" grep -q '<secret>' "$T/plan.json"

# What is writable in it, against the mounts that the jail has.
python3 - "$T/plan.json" >"$T/writable.plan" <<'PY'
import json, sys
plan = json.load(open(sys.argv[1]))["data"]
for m in plan["mounts"]:
    if m["kind"] == "read-write":
        print(m["destination"])
PY
cat >"$WORK/look.sh" <<'LOOK'
# Mounts that are writable and come from outside: not memory, not the kernel's.
while read -r _ _ _ _ point options _ rest; do
	case $rest in *'- tmpfs '*|*'- proc '*|*'- devpts '*|*'- mqueue '*) continue ;; esac
	case $rest in tmpfs*|proc*|devpts*) continue ;; esac
	case $point in /dev/*) continue ;; esac
	case $options in rw*) printf '%s\n' "$point" ;; esac
done </proc/self/mountinfo
LOOK
jailed plain -C "$WORK" -- ./look.sh | sort -u >"$T/writable.real"
sort -u "$T/writable.plan" >"$T/writable.sorted"
check "what is writable in the plan is so in the jail, and nothing else" \
    diff "$T/writable.sorted" "$T/writable.real"

like "the command is bwrap's" "$(value data command 0)" 'bwrap$'
is "arguments come through a descriptor" "$(value data command 1)" --args
check "the key's variable is set by an argument" \
    grep -q -- '--setenv' "$T/plan.json"

# The text fits a terminal.
ringlet sandbox explain plain -C "$WORK" >"$T/plan.txt"
check "people can read it" grep -q '^Arguments of bwrap:' "$T/plan.txt"
like "with each rule" "$(cat "$T/plan.txt")" 'working folder'

# One path.
mkdir "$HOME/.ssh"
echo x >"$HOME/.ssh/id"
ln -s "$HOME/.ssh/id" "$WORK/link"
ln -s /etc/passwd "$WORK/good"
echo x >"$WORK/file"
verdict()
{
	ringlet --json sandbox explain plain "$1" -C "$WORK" >"$T/v.json"
	printf '%s %s %s %s' "$(json data path there <"$T/v.json")" \
	    "$(json data path readable <"$T/v.json")" \
	    "$(json data path writable <"$T/v.json")" \
	    "$(json data path rule <"$T/v.json")"
}
is "a file of the working folder" "$(verdict "$WORK/file")" \
    "true true true working folder"
is "one that is not there yet" "$(verdict "$WORK/new")" \
    "false false true working folder"
is "a key of ssh" "$(verdict "$HOME/.ssh/id")" \
    "false false false empty root"
is "a link to it" "$(verdict "$WORK/link")" "false false false empty root"
is "a link into the system" "$(verdict "$WORK/good")" \
    "true true false system"
is "the token" "$(verdict "$TOKEN")" "false false false empty root"
is "/tmp" "$(verdict /tmp)" "true true true private"
is "the shadow file" "$(verdict /etc/shadow)" "true false false system"
is "a way up" "$(verdict "$WORK/../../../../../etc/passwd")" \
    "true true false system"
# Each verdict against the jail itself.
cat >"$WORK/try.sh" <<'TRY'
for path; do
	[ -e "$path" ] && there=true || there=false
	[ -r "$path" ] && readable=true || readable=false
	[ -w "$path" ] && writable=true || writable=false
	[ $there = true ] || { mkdir "$path" && writable=true; } 2>/dev/null
	echo "$path $there $readable $writable"
done
TRY
set -- /dev/new /dev/shm/new /dev/pts/new /proc/none /proc/version \
    /proc/sys/kernel/none /proc/kcore /proc/self/status "$WORK/file" "$WORK/link" "$WORK/good" "$HOME/.ssh/id" "$TOKEN" \
    /tmp /var/tmp /run /run/user /home /root /usr/bin/env /etc/passwd \
    /etc/shadow /opt /bin/sh /sbin /srv /proc/self /dev/null "$home" \
    "$HOME" "$XDG_RUNTIME_DIR" /run/ringlet/jail-init /
jailed plain -C "$WORK" -- ./try.sh "$@" >"$T/tried"
for path; do
	real=$(sed -n "s|^$path ||p" "$T/tried")
	said=$(verdict "$path")
	said=${said%"${said#* * * }"}
	# Of what is not there, writable means that it could be made.
	is "as in the jail: $path" "$said" "$real "
done
is "no jail at all is said" \
    "$(ringlet --json sandbox explain plain --no-sandbox -C "$WORK" |
    json data sandboxed)" false
is "flags that are refused are refused" "$(status ringlet sandbox explain \
    plain --bwrap-flags='--bind / /')" 5
is "as is a working folder" "$(status ringlet sandbox explain plain \
    -C "$HOME/.ssh")" 5
done_testing
