# A working folder is no way out of the jail: not what runs at login, and over HTTP or by a link no settings and no sockets.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile jailed
shell_profile linked --working-dir "$WORK"
start_daemon
for dir in .config/autostart .config/systemd/user .config/environment.d \
    .local/bin .local/share/applications .local/share/dbus-1/services \
    .config/editor bin project; do
	mkdir -p "$HOME/$dir"
done
mkdir "$T/sockets"
python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
time.sleep(300)' "$T/sockets/default" &
at_end $!
wait_for 10 test -S "$T/sockets/default" || bail "a socket listens"

# over_http FOLDER: the status, with a jailed session there or an error.
over_http()
{
	api POST /api/terminal/sessions "{\"profile_alias\":\"jailed\",
	    \"working_dir\":\"$1\",\"args\":[\"-c\",\"exit\"]}"
}

is "over HTTP a project is taken" "$(over_http "$HOME/project")" 201
for dir in .config/autostart .config/systemd/user .config/environment.d \
    .local/bin .local/share/applications .local/share/dbus-1/services .local
do
	is "over HTTP ~/$dir is refused" "$(over_http "$HOME/$dir")" 403
	is "and by the command too" "$(status timeout 20 ringlet \
	    profiles run jailed --remote -C "$HOME/$dir" -- -c exit)" 5
done
for dir in "$HOME/.config/editor" "$HOME/bin" "$T/sockets"; do
	is "over HTTP ${dir#"$T"/} is refused" "$(over_http "$dir")" 403
	like "and the folder is named" "$(json error <"$T/body")" "$dir"
	is "the person at the machine may name it" "$(status timeout 20 \
	    ringlet profiles run jailed --remote -C "$dir" -- -c exit)" 0
done

# What an agent could do to the working folder of a profile.
for dir in "$HOME/.config/editor" "$T/sockets" "$HOME/.config/autostart"; do
	rm -rf "$WORK"
	ln -s "$dir" "$WORK"
	cd /
	api POST /api/terminal/sessions '{"profile_alias":"linked"}' >"$T/code"
	is "a link to ${dir#"$T"/} is refused" "$(cat "$T/code")" 403
	rm "$WORK"
	mkdir "$WORK"
done
is "no session was started by any of these" \
    "$(ringlet --json terminal list | grep -c '"profile_alias":"linked"')" 0

# A link of an agent's, through which bwrap would make a file outside.
mkdir -p "$HOME/.ssh" "$HOME/shown"
for dir in "$WORK" "$HOME/shown"; do
	ln -s "/oldroot$HOME/.ssh" "$dir/link"
done
is "nothing is mounted in the working folder" "$(status timeout 20 \
    ringlet profiles run jailed --remote -C "$WORK" --bwrap-flags \
    "--ro-bind /etc/passwd $WORK/link/made" -- -c exit)" 5
like "and it is said why" "$(cat "$T/err")" "mounted in $WORK"
is "nor in what is mounted itself" "$(status timeout 20 \
    ringlet profiles run jailed --remote -C "$WORK" --bwrap-flags \
    "--ro-bind $HOME/shown /data --ro-bind /etc/passwd /data/link/made" \
    -- -c exit)" 5
refute "nothing was made outside" test -e "$HOME/.ssh/made"

# A profile that comes over HTTP cannot smuggle one in.
mkdir -p "$HOME/.config/other"
made()
{
	api POST /api/profiles "{\"agent_id\":\"shell\",
	    \"alias\":\"$1\",\"provider_id\":\"self\",
	    \"working_dir\":\"$2\"}"
}
is "over HTTP a profile in ~/.config is refused" \
    "$(made smuggled "$HOME/.config/other")" 403
is "and none is made" "$(status ringlet profiles inspect smuggled)" 4
is "one in an ordinary folder is not" "$(made plain "$WORK")" 201
done_testing
