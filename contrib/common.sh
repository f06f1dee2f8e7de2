# shellcheck shell=sh
# common.sh: what the scripts in contrib and the live tests' runner share.
# They set $me, the name that their messages begin with, before they read it.

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf '%s: %s\n' "${me:-contrib}" "$*" >&2
	exit 1
}

# What a fresh Debian 12 lacks, by what it is for.
BUILD_PACKAGES='gcc make libc6-dev autoconf automake pkg-config libbsd-dev
libsodium-dev libmsgpack-dev libevent-dev libjansson-dev libnghttp2-dev
libseccomp-dev libsecret-1-dev libmd-dev libwslay-dev libcurl4-openssl-dev
musl-tools'
RUN_PACKAGES='bubblewrap'
KEYRING_PACKAGES='dbus-daemon gnome-keyring libsecret-tools'
FUZZ_PACKAGES='clang libclang-rt-14-dev'
LINT_PACKAGES='clang clang-tidy cppcheck'
PACKAGE_PACKAGES='debhelper dpkg-dev lintian mandoc xz-utils'
TEST_PACKAGES='asciinema check curl minisign nghttp2-client mandoc python3 procps dbus-bin'
# Of live tests that are left out where these are not.
LIVE_PACKAGES='jq strace openssh-server keepassxc xvfb xdotool nginx-light node-ws
python3-jsonschema python3-websockets bash-completion zsh fish less systemd
openssl ca-certificates'
# 115 MB to fetch with what it needs: only where apt knows it.
BROWSER_PACKAGES='chromium'

missing_packages()
{
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" \
		    2>/dev/null)" = installed ] || printf '%s ' "$package"
	done
}

# known_packages NAME...: those that apt could install, or has.
known_packages()
{
	command -v apt-cache >/dev/null || return 0
	for package; do
		if apt-cache policy "$package" 2>/dev/null |
		    grep -q '^  Candidate: [^(]'; then
			printf '%s ' "$package"
		else
			say "apt does not know $package: it is left out" >&2
		fi
	done
}

# dots LOG COMMAND...: run it with its output in LOG; a dot every second.
dots()
{
	log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null &
	job=$!
	while kill -0 $job 2>/dev/null; do
		printf .
		sleep 1
	done
	echo
	wait $job
}

apt_install()
{
	# shellcheck disable=SC2086  # nothing, or sudo
	dots "$apt_log" $as_root env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq -y -o DPkg::Lock::Timeout=120 \
	    --no-install-recommends "$@"
}

# install_packages NAME...: install by apt those that are not there.  Without
# apt the caller's build will name what it lacks.
install_packages()
{
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null
	then
		say "this is not a Debian: see README.md for what must be there"
		return 0
	fi
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	say "installing: $missing"
	as_root=''
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "these packages are missing; as root: apt-get install $missing"
		as_root='sudo'
	fi
	apt_log=$(mktemp)
	# shellcheck disable=SC2086  # lists of words
	if apt_install $missing; then
		rm -f "$apt_log"
		return 0
	fi
	# The package lists may be old, or not there yet.
	$as_root apt-get update -qq </dev/null ||
		die "apt-get update failed: is there a network?"
	# shellcheck disable=SC2086
	if ! apt_install $missing; then
		tail -n 20 "$apt_log" >&2
		die "apt-get could not install: $missing"
	fi
	rm -f "$apt_log"
}

home_of()
{
	getent passwd "$1" | cut -d: -f6
}

# make_user NAME: an ordinary user of that name, made if it is not there.
make_user()
{
	PATH=$PATH:/usr/sbin:/sbin
	if ! id "$1" >/dev/null 2>&1; then
		useradd --create-home --shell /bin/bash --user-group "$1" ||
			die "cannot make the user $1"
		say "made the user $1 (remove it with: userdel -r $1)"
	fi
	[ "$(id -u "$1")" -ne 0 ] || die "$1 is not an ordinary user"
	[ -d "$(home_of "$1")" ] || die "the user $1 has no home folder"
}

# as_user NAME COMMAND...: run COMMAND as NAME, or as oneself if NAME is empty.
as_user()
{
	as_name=$1
	shift
	if [ -z "$as_name" ]; then
		"$@"
	else
		setpriv --reuid="$(id -u "$as_name")" \
		    --regid="$(id -g "$as_name")" --init-groups -- "$@"
	fi
}

# copy_source FROM TO: the source tree without version control or builds.
copy_source()
{
	mkdir -p "$2"
	tar -C "$1" --exclude=./.git --exclude='./build*' \
	    --exclude=node_modules --exclude='*.o' --exclude=.deps \
	    --exclude=./config.status --exclude=./config.h \
	    --exclude=./Makefile -cf - . | tar -C "$2" -xf -
}

# closing_line PASSED FAILED SKIPPED
closing_line()
{
	if [ "$3" -gt 0 ]; then
		say "$1 passed, $2 failed, $3 skipped"
	else
		say "$1 passed, $2 failed"
	fi
}
