# An agent that puts links in place of its folders, while another session starts there, gets nothing outside: no file is made, no link is followed, and it cannot move what is protected.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

command -v git >/dev/null || skip_all "git is not installed"
repo=$WORK/repo
git init -q "$repo"
mkdir "$HOME/outside"
echo '{}' >"$repo/.mcp.json"
shell_profile racer
shell_profile victim
start_daemon
# It swaps what it can, as fast as it can, until it is told to stop: the
# protected files, and one that it made itself.
cat >"$repo/race.sh" <<'RACE'
echo racing
while [ ! -e stop ]; do
	mv .git/config .git/c2 2>/dev/null &&
	    ln -s "$1/config" .git/config 2>/dev/null && echo "swapped config"
	mv .git .git2 2>/dev/null && ln -s "$1" .git && echo "swapped git"
	rm -f .envrc
	ln -s "$1/made" .envrc 2>/dev/null
	rm -f .envrc
	echo x >.envrc
	rm -rf .vscode
	ln -s "$1" .vscode 2>/dev/null
	rm -f .vscode
	mkdir .vscode 2>/dev/null && echo '{}' >.vscode/tasks.json
done
RACE
chmod +x "$repo/race.sh"
session racer -C "$repo" -- ./race.sh "$HOME/outside"
RACER=$ID
racing()
{
	[ -e "$repo/.vscode" ] || [ -e "$repo/.envrc" ]
}
wait_for 20 racing || bail "the racer runs"
started=0 failed=0 n=0
while [ $n -lt 12 ]; do
	n=$((n + 1))
	if ringlet profiles run victim --remote -C "$repo" -- -c true \
	    >"$T/id" 2>"$T/err"; then
		started=$((started + 1))
		await "$(cat "$T/id")"
	else
		failed=$((failed + 1))
	fi
done
touch "$repo/stop"
output "$RACER" >"$T/race"
is "nothing was made outside" "$(ls -A "$HOME/outside")" ''
refute "what is protected could not be moved" grep -q swapped "$T/race"
check "git's settings are still git's" test -f "$repo/.git/config"
# What could be exchanged is not mounted at all, so nothing is in its way.
is "every session starts meanwhile" "$started started, $failed did not" \
    "12 started, 0 did not"
done_testing
