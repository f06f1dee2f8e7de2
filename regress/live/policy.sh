# What the administrator's policy says, a user cannot loosen: no setting, option, variable, flag, request or edited file; each keyword has its case.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
[ -n "$LIVE_POLICY" ] || skip_all "only root can write a policy"

# A case is a function loosen_KEYWORD: what a user tries to get past that rule.
# It is run without a policy first, and must succeed; then with one.  Each
# attempt goes by try (the command), ask (HTTP) or gives (a setting), which note
# what was said.
try()
{
	timeout 30 "$@" >"$T/out" 2>"$T/err" </dev/null
	code=$?
	cat "$T/err" >>"$T/said"
	[ $code -eq 0 ] && return 0
	[ $code -eq 5 ] || echo "exit $code" >>"$T/odd"
	return 1
}
ask()
{
	code=$(api "$@")
	cat "$T/body" >>"$T/said"
	case $code in
	2*) return 0 ;;
	403) ;;
	*) echo "status $code" >>"$T/odd" ;;
	esac
	return 1
}
# gives KEYWORD VALUE [PRINTED]: what a file of settings, or -o, comes to.
gives()
{
	printf '%s %s\n' "$1" "$2" >"$T/loose.conf"
	ringletd -T -f "$T/loose.conf" >"$T/out" 2>>"$T/said"
	cat "$T/out" >>"$T/said"
	grep -qx "$1 ${3:-$2}" "$T/out" && return 0
	ringletd -T -o "$1=$2" | grep -qx "$1 ${3:-$2}"
}
dry()
{
	try ringlet profiles create "$1" new -p "$2" --dry-run
}
# edit PROFILE PYTHON: somebody writes into its file, where p is what it holds.
edit()
{
	python3 - "$RINGLET_CONFIG_DIR/profiles/$1.json" "$2" <<-'PY'
		import json, sys
		with open(sys.argv[1]) as file:
		    p = json.load(file)
		exec(sys.argv[2])
		with open(sys.argv[1], "w") as file:
		    json.dump(p, file)
	PY
}
remote()
{
	live_alias=$1
	shift
	try ringlet profiles run "$live_alias" --remote -C "$WORK" "$@" -- -c :
}

loosen_AllowAgents()
{
	dry claude self ||
	    ask POST /api/profiles '{"agent_id":"claude","alias":"viahttp",
		"provider_id":"self"}'
}
loosen_DenyAgents()
{
	dry codex self
}
loosen_AllowProviders()
{
	dry shell zai ||
	    { [ -n "${BOUND:-}" ] && edit zai 'pass' && remote zai; }
}
loosen_DenyProviders()
{
	dry shell openrouter
}
loosen_AllowEndpoints()
{
	try ringlet profiles create shell new -p anthropic --dry-run \
	    --endpoint https://api.anthropic.com.example.net/ ||
	    try ringlet profiles endpoint keyed https://example.net/ -y ||
	    { edit keyed '
p["endpoint_url"] = "https://example.net/"
p["endpoint_id"] = "https://example.net/"'
	    remote keyed
	    r=$?
	    edit keyed 'p["endpoint_id"] = ""
p["endpoint_url"] = "https://api.anthropic.com"'
	    [ $r -eq 0 ]; }
}
loosen_DenyEndpoints()
{
	try ringlet profiles create shell new -p anthropic --dry-run \
	    --endpoint https://old.anthropic.com:8443/
}
loosen_AllowManifests()
{
	dry mine mine
}
loosen_NoSandbox()
{
	gives NoSandbox http || remote plain --no-sandbox ||
	    try ringlet profiles run plain -- -c : ||
	    try ringlet profiles env plain ||
	    ask POST /api/terminal/sessions '{"profile_alias":"plain",
		"args":["-c",":"],"no_sandbox":true}'
}
loosen_ForceNetwork()
{
	session plain -C "$WORK" -- -c \
	    "exec 3<>/dev/tcp/127.0.0.1/${ADDRESS##*:} && echo reached"
	output "$ID" 2>/dev/null | grep -q reached
}
loosen_DenyGrants()
{
	gives JailReadWrite "$HOME/more" ||
	    try ringlet profiles grant plain rw "$HOME/more" ||
	    { edit edited 'p["grants"] = ["rw '"$HOME"'/more"]'
	    remote edited; }
}
loosen_DenyBwrapFlags()
{
	remote plain --bwrap-flags="--ro-bind $HOME/more $HOME/more" ||
	    try ringlet sandbox explain plain -C "$WORK" \
		--bwrap-flags="--ro-bind $HOME/more $HOME/more" ||
	    remote plain --bwrap-flags=--unshare-all
}
loosen_JailHide()
{
	session shown -C "$WORK" -- -c "cat $HOME/hidden/file"
	output "$ID" 2>/dev/null | grep -q contents || {
		gives JailHide none && return 0
		ringlet sandbox explain shown -C "$WORK" >>"$T/said"
		return 1
	}
}
loosen_JailMinimum()
{
	gives JailMinimum minimal
}
loosen_JailProtectRepo()
{
	gives JailProtectRepo no
}
# limit NAME MORE: a bound that is higher.
limit()
{
	try ringlet profiles grant plain limit "$1=$2"
}
loosen_LimitMemory()
{
	limit memory 64G || {
		edit edited 'p["grants"] = ["limit memory=64G"]'
		ringlet --json sandbox explain edited -C "$WORK" >"$T/out"
		edit edited 'p["grants"] = []'
		! grep -q 536870912 "$T/out"
	}
}
loosen_LimitProcesses()
{
	limit processes 5000
}
loosen_LimitFiles()
{
	limit files 5000
}
loosen_LimitCPU()
{
	limit cpu 100h
}
loosen_LimitTmp()
{
	limit tmp 4G
}
loosen_MaxSessions()
{
	gives MaxSessions 1000
}
loosen_MaxViewers()
{
	gives MaxViewers 200
}
loosen_SessionKeep()
{
	gives SessionKeep 300d
}
loosen_VaultLockAfter()
{
	gives VaultLockAfter 0 0s || {
		ringlet keychain unlock --passphrase-file "$T/pass" \
		    --lock-after 0 >>"$T/said"
		[ -z "$(ringlet --json keychain status |
		    json data vault locks_at)" ]
	}
}
loosen_LockListenAddress()
{
	gives ListenAddress '[::1]:18765' ||
	    curl -s --unix-socket "$T/sock" http://localhost/ >/dev/null
}
loosen_RequireSameUser()
{
	gives RequireSameUser no
}
loosen_RequireSealedKeys()
{
	gives RequireSealedKeys no || {
		ask POST /api/profiles '{"agent_id":"shell","alias":"sealed",
		    "provider_id":"anthropic","api_key":"sk-0123456789"}'
	}
}
loosen_RequireFullSeal()
{
	gives RequireFullSeal no
}
loosen_AllowUploads()
{
	gives AllowUploads yes || {
		printf '\211PNG\r\n\032\n%s' 'any picture' >"$T/picture"
		session shown -C "$WORK" -- -c 'exec sleep 600'
		try ringlet terminal upload "$ID" "$T/picture"
		set -- $?
		ringlet terminal kill "$ID" >/dev/null
		return "$1"
	}
}
loosen_BrowseRoots()
{
	ask GET "/api/fs/list?path=$HOME/more" ||
	    ask GET "/api/fs/list?path=$HOME/way"
}
loosen_AllowKeychains()
{
	gives Keychain secret-service && return 0
	try ringlet keychain migrate secret-service
}
loosen_MaxKeyAge()
{
	edit keyed 'p["key_set_at"] = 1500000000'
	remote keyed && return 0
	edit keyed 'p["key_set_at"] = 5000000000'
	remote keyed && return 0
	edit keyed 'del p["key_set_at"]; p["created_at"] = 0'
	remote keyed
}
loosen_MaxTokenAge()
{
	try ringlet token create --scope view --label loose ||
	    try ringlet token create --scope view --expires 30d
}
loosen_AuditSyslog()
{
	gives AuditSyslog no
}
loosen_AuditFull()
{
	gives AuditFull warn
}
loosen_AuditKeep()
{
	gives AuditKeep 1
}

# For these policy-others.sh has the cases.
ELSEWHERE="AllowRegistries DenyRegistries RegistryKeys AllowHooks"

# Nobody is refused anything by these: what they take away is not there.
SILENT="ForceNetwork JailHide"

# --- what there is to begin with ---
mkdir -p "$RINGLET_CONFIG_DIR/agents.d" "$RINGLET_CONFIG_DIR/providers.d"
cat >"$RINGLET_CONFIG_DIR/agents.d/mine.json" <<'END'
{"schema": 1, "id": "mine", "name": "Mine", "binary": "sh",
 "install": "it is there", "home_folder": ".my-profiles",
 "provider_types": ["made-up"]}
END
cat >"$RINGLET_CONFIG_DIR/providers.d/mine.json" <<'END'
{"schema": 1, "id": "mine", "name": "Mine", "type": "made-up",
 "default_endpoint": "main",
 "endpoints": [{"id": "main", "url": "http://127.0.0.1:9/v1"}]}
END
mkdir "$HOME/more" "$HOME/hidden" "$HOME/inside"
echo contents >"$HOME/hidden/file"
ln -s "$HOME/more" "$HOME/inside/way"
ln -s "$HOME/more" "$HOME/way"
printf '%s\n' "$(canary passphrase)" >"$T/pass"
printf '%s\n' "ListenAddress $T/sock" 'NoSandbox http' 'Keychain vault' \
    'BrowseRoots ~/' "BrowseRoots ~/way" 'KillGrace 0' 'MaxSessions 900' >>"$CONF"
policy_file none
start_daemon
ringlet keychain unlock --passphrase-file "$T/pass" --lock-after 0 \
    >/dev/null 2>"$T/err" || bail "a vault is made"
shell_profile plain
shell_profile edited
shell_profile shown
ringlet profiles grant shown ro "$HOME/hidden" >/dev/null
new_profile shell keyed "$(canary key)" -p anthropic
new_profile shell zai "$(canary zai)" -p zai

# --- without a policy all of it is had ---
ringlet --json policy show >"$T/show"
is "there is no policy" "$(json data there <"$T/show")" false
keywords=$(python3 -c '
import json, sys
for rule in json.load(sys.stdin)["data"]["rules"]:
    print(rule["keyword"])' <"$T/show")
check "policy show names every keyword" \
    test "$(echo "$keywords" | wc -l)" -ge 39
for keyword in $keywords; do
	case " $ELSEWHERE " in *" $keyword "*) continue ;; esac
	if ! type "loosen_$keyword" >/dev/null 2>&1; then
		not_ok "$keyword has a case"
		continue
	fi
	check "without a policy: $keyword" "loosen_$keyword"
done
for profile in plain edited; do
	edit $profile 'p["grants"] = []'
done
now=$(date +%s)
edit keyed "p['key_set_at'] = p['created_at'] = $now"
ringlet token create --scope view --label aged 2>/dev/null >"$T/aged"

# --- with one, nothing ---
policy 'AllowAgents shell codex mine' 'DenyAgents cod*' \
    'AllowManifests built-in registry' \
    'AllowProviders self anthropic openrouter mine' 'DenyProviders openrouter' \
    'AllowEndpoints *.anthropic.com *.anthropic.com:8443 loopback:*' \
    'DenyEndpoints old.anthropic.com' 'NoSandbox never' 'ForceNetwork off' \
    'DenyGrants rw' 'DenyBwrapFlags --ro-bind --unshare-net' \
    "JailHide $HOME/hidden" \
    'JailMinimum no-fresh-proc' 'JailProtectRepo yes' 'LimitMemory 512M' \
    'LimitProcesses 400' 'LimitFiles 1024' 'LimitCPU 1h' 'LimitTmp 64M' \
    'MaxSessions 8' 'MaxViewers 8' 'SessionKeep 1d' 'VaultLockAfter 1h' \
    'LockListenAddress 127.0.0.1:0' 'RequireSameUser yes' \
    'RequireSealedKeys yes' 'AllowUploads no' 'BrowseRoots ~/inside' \
    'AllowKeychains vault' 'MaxKeyAge 90d warn=75d' 'MaxTokenAge 1h' 'AuditFull deny' \
    'AuditKeep 0' 'RequireFullSeal yes'
kill -HUP "$MONITOR"
reloaded()
{
	ringlet --json daemon status >"$T/status.json" &&
	    [ "$(json data ringletd_pid <"$T/status.json")" != "$RINGLETD" ] &&
	    [ "$(api GET /api/ping)" = 200 ]
}
check "SIGHUP has it hold" wait_for 20 grep -q 'policy: .* holds' "$LOG"
check "and ringletd is started afresh for it" wait_for 20 reloaded
BOUND=yes
refused_by()
{
	line=$(grep -n "^$1 " "$T/policy" | cut -d: -f1)
	grep -Eq "$1 \\($LIVE_POLICY line $line\\)|# [A-Za-z]*: by its line $line\$" \
	    "$T/said"
}
for keyword in $keywords; do
	case " $ELSEWHERE AuditSyslog " in *" $keyword "*) continue ;; esac
	type "loosen_$keyword" >/dev/null 2>&1 || continue
	: >"$T/said"
	: >"$T/odd"
	refute "with the policy: $keyword" "loosen_$keyword"
	case " $SILENT " in
	*" $keyword "*) ;;
	*) check "which says so" refused_by "$keyword" ;;
	esac
	is "as what is refused" "$(cat "$T/odd")" ''
done
done_testing
