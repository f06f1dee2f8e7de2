# A registry comes over https:// from a server whose authority this machine trusts; one of a stranger's, expired, for another name, of TLS 1.1 or that leads to http:// is refused and says so.
# shellcheck shell=sh

# Which authorities are trusted is the machine's to say, and no option of
# Ringlet's: this test runs once more where the machine trusts the test's own.
BUNDLE=/etc/ssl/certs/ca-certificates.crt
if [ -z "${AUTHORITIES:-}" ]; then
	skip=''
	command -v openssl >/dev/null || skip='openssl is not installed'
	[ -f "$BUNDLE" ] || skip="there is no $BUNDLE"
	bwrap --dev-bind / / true 2>/dev/null ||
		skip='no file can be mounted over another'
	if [ -n "$skip" ]; then
		echo "skip registry-tls: $skip"
		echo "done"
		exit 0
	fi
	AUTHORITIES=$(mktemp -d "$LIVE_TMP/rl-tls.XXXXXX") || exit 1
	export AUTHORITIES
	cd "$AUTHORITIES" || exit 1
	cat >conf <<-END
		[req]
		distinguished_name = name
		[name]
		[authority]
		basicConstraints = critical, CA:true
		keyUsage = critical, keyCertSign
		[here]
		subjectAltName = IP:127.0.0.1
		[elsewhere]
		subjectAltName = DNS:registry.example
	END
	for name in ours stranger; do
		openssl req -x509 -config conf -extensions authority -nodes \
		    -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 \
		    -subj "/CN=The authority $name" -keyout "$name.key" \
		    -out "$name.pem" 2>log || cat log
	done
	bwrap --dev-bind / / --bind ours.pem "$BUNDLE" sh "$0"
	status=$?
	rm -rf "$AUTHORITIES"
	exit $status
fi
. "${0%/*}/lib.sh"
. "${0%/*}/registry-lib.sh"

# certificate AUTHORITY WHERE DAYS: is the server's from now on.
certificate()
{
	openssl req -new -config "$AUTHORITIES/conf" -nodes -newkey ec \
	    -pkeyopt ec_paramgen_curve:P-256 -subj "/CN=registry" \
	    -keyout "$T/key" -out "$T/asked" 2>"$T/openssl.log" &&
	    openssl x509 -req -in "$T/asked" -set_serial 1 \
	    -CA "$AUTHORITIES/$1.pem" -CAkey "$AUTHORITIES/$1.key" \
	    -extfile "$AUTHORITIES/conf" -extensions "$2" -days "$3" \
	    -out "$T/signed" 2>>"$T/openssl.log" &&
	    cat "$T/signed" "$T/key" >"$T/pem.new" &&
	    mv "$T/pem.new" "$T/pem" ||
		{ cat "$T/openssl.log"; bail "openssl makes a certificate"; }
}

# from URL: where it comes from from now on.
from()
{
	setting RegistryURL "$1"
	reload
}

new_registry
publish 1
serve
PLAIN=$WWW
certificate ours here 2
serve "$T/pem"
cp -a "$R" "$T/www/good"
setting RegistryURL "$WWW/good"
setting RegistryKey "$KEY_A"
setting RegistryTimeout 20s
start_daemon

check "it comes over https://" ringlet registry sync
is "and is used" "$(version_of)" v1
publish 2
rm -rf "$T/www/good"
cp -a "$R" "$T/www/good"
is "over HTTP, the monitor's comes, too" "$(api POST /api/registry/sync)" 200
is "and is used, too" "$(version_of)" v2

# What is refused is newer, and would be used.
publish 3
rm -rf "$T/www/good"
cp -a "$R" "$T/www/good"
certificate stranger here 2
refused "an authority that nobody trusts" \
    'good/registry.json.minisig: .*unable to get local issuer certificate'
is "over HTTP, too" "$(api POST /api/registry/sync)" 503
like "with the reason" "$(json error <"$T/body")" \
    'unable to get local issuer certificate'
certificate ours here -1
refused "a certificate of yesterday" 'certificate has expired'
certificate ours elsewhere 2
refused "one for another name" \
    "no alternative certificate subject name matches .*'127\.0\.0\.1'"
certificate ours here 2
from "$WWW/to/${PLAIN%%:*}:${PLAIN##*:}/good"
refused "a server that sends us to http://" \
    'leads away from https, which is not followed'
check "where it would have been" \
    curl -sSf --noproxy '*' -o /dev/null "$PLAIN/good/registry.json"
from "$PLAIN/to/https:${WWW##*:}/good"
refused "one of http:// that sends us elsewhere" 'answered 302'
from "https://${PLAIN#http://}/good"
refused "one that speaks no TLS" 'no TLS 1\.2 or later could be agreed on'

# OpenSSL's settings are the user's; these let it speak what is old.
cat >"$T/old.cnf" <<-END
	openssl_conf = all
	[all]
	ssl_conf = ssl
	[ssl]
	system_default = old
	[old]
	MinProtocol = TLSv1.1
	CipherString = DEFAULT:@SECLEVEL=0
END
NEW=$WWW
serve "$T/pem" old
from "$WWW/good"
refused "one of TLS 1.1" 'no TLS 1\.2 or later could be agreed on: .*version' \
    OPENSSL_CONF="$T/old.cnf"
check "which others are served by" env OPENSSL_CONF="$T/old.cnf" curl -sSf \
    --noproxy '*' --tlsv1.1 --tls-max 1.1 -o /dev/null \
    "$WWW/good/registry.json"

from "$NEW/to/https:${NEW##*:}/good"
check "one that sends us to https:// is followed" ringlet registry sync
is "and what is there is used" "$(version_of)" v3
done_testing
