# In the working folder git works, but its hooks and settings, and others that programs outside execute, cannot be changed; what a session made of that kind is listed at its end.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

command -v git >/dev/null || skip_all "git is not installed"
git init -q "$WORK/repo"
repo=$WORK/repo
git -C "$repo" config user.email me@example.org
git -C "$repo" config user.name Me
mkdir "$repo/.claude" "$repo/.husky"
echo '{}' >"$repo/.claude/settings.json"
echo 'echo husky' >"$repo/.husky/pre-commit"
echo one >"$repo/file"
git -C "$repo" add -A
git -C "$repo" commit -qm first
shell_profile dev
start_daemon
cat >"$repo/work.sh" <<'DEV'
try()
{
	what=$1
	shift
	if "$@" >out.txt 2>&1; then echo "can $what"; else
		echo "cannot $what: $(tr '\n' ' ' <out.txt)"; fi
}
overwrite()
{
	echo evil >>"$1"
}
echo two >file
try commit git -c safe.directory='*' commit -qam second
try branch git -c safe.directory='*' checkout -qb side
try clone git -c safe.directory='*' clone -q . copy
try config git -c safe.directory='*' config core.fsmonitor /tmp/evil
try write-config overwrite .git/config
try write-hook overwrite .git/hooks/pre-commit
try remove-config rm -f .git/config
try move-hooks mv .git/hooks .git/old
try move-git mv .git .git2
try remove-settings rm -rf .claude
try write-settings overwrite .claude/settings.json
try write-husky overwrite .husky/pre-commit
try make-envrc overwrite .envrc
try make-claude-local overwrite .claude/settings.local.json
rm -f out.txt
DEV
chmod +x "$repo/work.sh"
jailed dev -C "$repo" -- ./work.sh >"$T/dev"
cat "$T/dev"
for can in commit branch clone make-envrc make-claude-local; do
	check "can $can" grep -q "^can $can" "$T/dev"
done
for cannot in config write-config write-hook remove-config move-hooks \
    move-git remove-settings write-settings write-husky; do
	check "cannot $cannot" grep -q "^cannot $cannot" "$T/dev"
done
like "git says why" "$(grep '^cannot config' "$T/dev")" \
    'could not|busy|Read-only'
is "the commit is there" "$(git -C "$repo" log --format=%s -1 side)" second
is "the settings are as they were" "$(git -C "$repo" config core.fsmonitor)" ''
is "and so are the agent's" "$(cat "$repo/.claude/settings.json")" '{}'
ringlet --json terminal info "$ID" | json data changed >"$T/changed"
like "what it made is listed" "$(cat "$T/changed")" "new $repo/.envrc"
like "all of it" "$(cat "$T/changed")" "new $repo/.claude/settings.local.json"
refute "and nothing else" grep -q 'changed \|removed ' "$T/changed"
like "people see it too" "$(ringlet terminal info "$ID")" \
    "^Executed outside: new $repo/.envrc"
check "and it is in the log" grep -q "executed outside: new $repo/.envrc" "$LOG"

# Git can be told to look elsewhere: by a file that is new, or by a repository
# in a folder.  It cannot be prevented; it is listed.
cat >"$repo/elsewhere.sh" <<'DEV'
HOME=/tmp
export HOME
git config --global safe.directory '*'
git config --global user.email agent@example.org
git config --global user.name Agent
cp -r .git evil
git config -f evil/config core.fsmonitor "touch $1; false"
echo ../evil >.git/commondir
git init -q sub
git -C sub commit -q --allow-empty -m one
DEV
jailed dev -C "$repo" -- -c ". ./elsewhere.sh $T/ran"
git -C "$repo" status >/dev/null 2>&1
check "a repository outside obeys .git/commondir" test -e "$T/ran"
ringlet --json terminal info "$ID" | json data changed >"$T/changed"
like "which is listed" "$(cat "$T/changed")" "new $repo/.git/commondir"
like "and so is a repository in a folder" "$(cat "$T/changed")" \
    "new $repo/sub/.git/config"
rm -rf "$repo/.git/commondir" "$repo/evil" "$repo/sub" "$repo/elsewhere.sh"

# The whole folder can be closed: what is fixed in it goes with it.
# shellcheck disable=SC2016  # the agent expands it
jailed dev -C "$repo" --bwrap-flags="--remount-ro $repo" -- -c \
    'for f in x .git/x .claude/x; do echo x >$f 2>/dev/null && echo "made $f"; done; echo done' \
    >"$T/closed"
like "a closed working folder is closed" "$(cat "$T/closed")" "^done"
refute "with all that is in it" grep -q made "$T/closed"

# Positive control: with the setting off the same works, and is listed.
echo 'JailProtectRepo no' >>"$CONF"
kill -HUP "$MONITOR"
off()
{
	! ringlet sandbox explain dev -C "$repo" | grep -q JailProtectRepo
}
wait_for 20 off || not_ok "the setting can be switched off"
rm "$repo/.envrc" "$repo/.claude/settings.local.json"
cat >"$repo/evil.sh" <<'DEV'
git -c safe.directory='*' config core.fsmonitor /tmp/evil
echo '#!/bin/sh' >.git/hooks/post-checkout
rm .husky/pre-commit
DEV
chmod +x "$repo/evil.sh"
jailed dev -C "$repo" -- ./evil.sh >"$T/evil"
is "without it the settings can be changed" \
    "$(git -C "$repo" config core.fsmonitor)" /tmp/evil
ringlet --json terminal info "$ID" | json data changed >"$T/changed"
for line in "changed $repo/.git/config" "new $repo/.git/hooks/post-checkout" \
    "removed $repo/.husky/pre-commit"; do
	check "listed: $line" grep -q -- "$line" "$T/changed"
done

# It outlives the monitor's own exec.
session dev -C "$repo" -- -c 'read x; echo x >.mcp.json'
ringlet daemon restart >/dev/null 2>&1 || not_ok "the daemon restarts"
printf '\n' | timeout 20 ringlet terminal attach "$ID" >/dev/null 2>&1
await "$ID"
ringlet --json terminal info "$ID" | json data changed >"$T/changed"
check "also over a restart of the daemon" \
    grep -q "new $repo/.mcp.json" "$T/changed"
refute "and what was changed before is not counted" \
    grep -q 'config' "$T/changed"
done_testing
