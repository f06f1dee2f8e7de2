# Inside the jail the system is read-only, home and working folder and /tmp are writable, processes are hidden, and no capability is left.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile viewer
home=$(ringlet --json profiles inspect viewer | json data home)
cat >"$WORK/look.sh" <<'LOOK'
cd "$HOME"
for place in /usr/bin /etc /usr /bin; do
	touch "$place/ringlet-live" 2>/dev/null && echo "wrote $place"
done
touch "$HOME/mine" && echo "home writable"
touch "$OLDPWD/mine" && echo "work writable"
touch /tmp/mine && echo "tmp writable"
echo "ids $(id -u) $(id -g)"
echo "processes $(ls -d /proc/[0-9]* | wc -l)"
echo "one $(tr '\0' ' ' </proc/1/cmdline | cut -c1-200)"
sed -n 's/^CapEff:\t/caps /p; s/^NoNewPrivs:\t/nnp /p; s/^Seccomp:\t/seccomp /p' \
    /proc/self/status
unshare -Ur true 2>/dev/null && echo "userns made"
mount -t tmpfs none /mnt 2>/dev/null && echo "mounted"
echo 1 2>/dev/null >/proc/sys/kernel/printk && echo "sysctl written"
echo "home=$HOME"
echo "cwd=$OLDPWD"
ls -A /run /var/tmp /root /home 2>/dev/null
env | cut -d= -f1 | sort | tr '\n' ' '
echo
command -v bash
tty
echo "look complete"
LOOK
jailed viewer -C "$WORK" -- ./look.sh >"$T/look"
cat "$T/look"
has()
{
	check "$1" grep -qx -- "$2" "$T/look"
}
has "the script ran" 'look complete'
refute "no system folder can be written" grep -q '^wrote ' "$T/look"
has "home can be written" 'home writable'
has "so can the working folder" 'work writable'
has "and /tmp" 'tmp writable'
check "what was written at home is in the profile's home" \
    test -e "$home/mine"
check "and in the real working folder" test -e "$WORK/mine"
refute "but not in the real /tmp" test -e /tmp/mine
has "the user is the same" "ids $(id -u) $(id -g)"
has "HOME is the profile's" "home=$home"
has "the working folder is at its own path" "cwd=$WORK"
has "no capability is left" 'caps 0000000000000000'
has "none can come back" 'nnp 1'
has "system calls are filtered" 'seccomp 2'
refute "no user namespace can be made" grep -qx 'userns made' "$T/look"
refute "nothing can be mounted" grep -qx mounted "$T/look"
refute "no sysctl can be written" grep -qx 'sysctl written' "$T/look"
processes=$(sed -n 's/^processes //p' "$T/look")
check "only its own processes are seen ($processes)" \
    test "${processes:-99}" -lt 10
like "it has a terminal" "$(cat "$T/look")" '^/dev/'
done_testing
