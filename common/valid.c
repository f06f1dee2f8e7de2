/*
 * The grammars of names that cross a trust boundary, and the escaping of text
 * that a person reads on a terminal.  Pure functions: no locale, no state, no
 * allocation.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "valid.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define IDENT_MAX 64

/* <ctype.h> follows the locale; these never do. */
static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

/*
 * The first character is a letter or digit, so that a name is never an
 * option, a hidden file, "." or "..".
 */
static bool
valid_name(const char *s, size_t max, bool upper)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if (i == max)
			return false;
		if (is_lower(s[i]) || is_digit(s[i]) ||
		    (upper && is_upper(s[i])))
			continue;
		if (i > 0 && (s[i] == '.' || s[i] == '_' || s[i] == '-'))
			continue;
		return false;
	}
	return i > 0;
}

bool
valid_alias(const char *s)
{
	return valid_name(s, ALIAS_MAX, true);
}

bool
valid_ident(const char *s)
{
	return valid_name(s, IDENT_MAX, false);
}

/* The length of s if it is hex digits alone and at most SESSION_ID_LEN. */
static size_t
hex_len(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (i == SESSION_ID_LEN || !is_hex(s[i]))
			return 0;
	return i;
}

bool
valid_session_id(const char *s)
{
	return hex_len(s) == SESSION_ID_LEN;
}

bool
valid_session_prefix(const char *s)
{
	return hex_len(s) > 0;
}

bool
valid_env_name(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len > ENV_NAME_MAX || is_digit(s[0]))
		return false;
	for (i = 0; i < len; i++)
		if (!is_lower(s[i]) && !is_upper(s[i]) && !is_digit(s[i]) &&
		    s[i] != '_')
			return false;
	return true;
}

/*
 * What a loader, a C library, a shell or an interpreter takes code, or the
 * places of code, from before its program has said a word.  A name that ends
 * with '*' stands for all that begin so.
 */
static const char *const dangerous[] = {
	/* loaders and C libraries */
	"LD_*",
	"DYLD_*",
	"GLIBC_TUNABLES",
	"MALLOC_*",
	"GCONV_PATH",
	"GETCONF_DIR",
	"LOCPATH",
	"NLSPATH",
	"HOSTALIASES",
	"LOCALDOMAIN",
	"RESOLV_*",
	"RES_OPTIONS",
	"NIS_PATH",
	"TERMCAP",
	"TERMINFO",
	"TERMINFO_DIRS",
	"TERMPATH",
	"TZDIR",
	/* shells */
	"BASH_ENV",
	"BASH_FUNC_*",
	"BASH_LOADABLES_PATH",
	"BASHOPTS",
	"CDPATH",
	"ENV",
	"FPATH",
	"GLOBIGNORE",
	"IFS",
	"PROMPT_COMMAND",
	"PS4",
	"SHELLOPTS",
	"ZDOTDIR",
	/* interpreters */
	"BUN_INSPECT*",
	"BUN_OPTIONS",
	"CLASSPATH",
	"ELECTRON_RUN_AS_NODE",
	"JAVA_TOOL_OPTIONS",
	"JDK_JAVA_OPTIONS",
	"_JAVA_OPTIONS",
	"LUA_CPATH*",
	"LUA_INIT*",
	"LUA_PATH*",
	"NODE_OPTIONS",
	"NODE_PATH",
	"PERL5DB",
	"PERL5LIB",
	"PERL5OPT",
	"PERLIO_DEBUG",
	"PERLLIB",
	"PHPRC",
	"PHP_INI_SCAN_DIR",
	"PYTHON*",
	"RUBYLIB",
	"RUBYOPT",
	"TCLLIBPATH",
	/* libraries that load modules */
	"GIO_EXTRA_MODULES",
	"GIO_MODULE_DIR",
	"GTK_MODULES",
	"OPENSSL_CONF",
	"OPENSSL_ENGINES",
	"OPENSSL_MODULES",
	"QT_PLUGIN_PATH",
	/* programs that start others */
	"GIT_CONFIG*",
	"GIT_EXEC_PATH",
	"GIT_SSH*",
	"LESSCLOSE",
	"LESSOPEN",
};

/* Where traffic goes, whom it trusts, and what else is started. */
static const char *const personal[] = {
	"ALL_PROXY",
	"FTP_PROXY",
	"HTTPS_PROXY",
	"HTTP_PROXY",
	"NO_PROXY",
	"AWS_CA_BUNDLE",
	"CODEX_CA_CERTIFICATE",
	"CURL_CA_BUNDLE",
	"CURL_HOME",
	"GIT_SSL_*",
	"NODE_EXTRA_CA_CERTS",
	"NODE_TLS_REJECT_UNAUTHORIZED",
	"REQUESTS_CA_BUNDLE",
	"SSLKEYLOGFILE",
	"SSL_CERT_DIR",
	"SSL_CERT_FILE",
	"BROWSER",
	"CARGO_*",
	"CLAUDE_CODE_SHELL*",
	"DOTNET_STARTUP_HOOKS",
	"EDITOR",
	"GIT_ASKPASS",
	"GIT_EDITOR",
	"GIT_EXTERNAL_DIFF",
	"GIT_PAGER",
	"GIT_PROXY_COMMAND",
	"GIT_SEQUENCE_EDITOR",
	"GIT_TEMPLATE_DIR",
	"GOFLAGS",
	"MAKEFLAGS",
	"MANPAGER",
	"NPM_CONFIG_*",
	"PAGER",
	"PIP_*",
	"RUSTC*",
	"RUSTDOC*",
	"SSH_ASKPASS*",
	"SUDO_ASKPASS",
	"VISUAL",
};

static bool
same_name(const char *a, const char *b, size_t len, bool fold)
{
	return fold ? strncasecmp(a, b, len) == 0 : memcmp(a, b, len) == 0;
}

/* Whether s is in a list of n, where a '*' stands at the end alone. */
static bool
listed(const char *const *list, size_t n, const char *s, size_t len, bool fold)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		k = strlen(list[i]);
		if (list[i][k - 1] == '*') {
			k--;
			if (len >= k && same_name(s, list[i], k, fold))
				return true;
		} else if (len == k && same_name(s, list[i], k, fold))
			return true;
	}
	return false;
}

bool
valid_env_is_dangerous(const char *s, size_t len)
{
	return listed(dangerous, NELEM(dangerous), s, len, false);
}

bool
valid_env_is_personal(const char *s, size_t len)
{
	return listed(personal, NELEM(personal), s, len, true);
}

bool
valid_env_is_ours(const char *s, size_t len)
{
	static const char *const ours[] = { "HOME", "LOGNAME", "SHELL",
		"USER" };
	size_t i;

	for (i = 0; i < NELEM(ours); i++)
		if (strlen(ours[i]) == len && memcmp(s, ours[i], len) == 0)
			return true;
	return false;
}

bool
valid_env_assignment(const char *s)
{
	const char *eq;
	size_t n;

	if ((eq = strchr(s, '=')) == NULL)
		return false;
	n = (size_t)(eq - s);
	return valid_env_name(s, n) && !valid_env_is_dangerous(s, n) &&
	       strlen(eq + 1) <= ARG_MAX_LEN;
}

bool
valid_abs_path(const char *s)
{
	size_t n;

	if (s[0] != '/')
		return false;
	if (s[1] == '\0')
		return true;
	while (*s != '\0') {
		s++; /* the slash */
		n = strcspn(s, "/");
		if (n == 0 || (n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += n;
	}
	return true;
}

/*
 * Decodes the UTF-8 sequence at the start of s.  Returns its length, or 0 if
 * it is cut short, overlong, a surrogate, or beyond U+10FFFF.
 */
static size_t
utf8_decode(const char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)s;
	size_t i, n;

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	if ((p[0] & 0xe0) == 0xc0) {
		n = 2;
		*cp = p[0] & 0x1f;
	} else if ((p[0] & 0xf0) == 0xe0) {
		n = 3;
		*cp = p[0] & 0x0f;
	} else if ((p[0] & 0xf8) == 0xf0) {
		n = 4;
		*cp = p[0] & 0x07;
	} else
		return 0;
	if (n > len)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff ||
	    (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

bool
valid_utf8(const char *s, size_t len)
{
	uint32_t cp;
	size_t n;

	while (len > 0) {
		n = utf8_decode(s, len, &cp);
		if (n == 0 || cp == 0)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

/*
 * Controls of a terminal (C0, DEL, C1), and those of Unicode that move text
 * about: with them a name could show as something else than it is.
 */
static bool
is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x061c ||
	       cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

bool
valid_line(const char *s)
{
	size_t n, len = strlen(s);
	uint32_t cp;

	for (; len > 0; s += n, len -= n) {
		n = utf8_decode(s, len, &cp);
		if (n == 0 || is_control(cp))
			return false;
	}
	return true;
}

size_t
text_clean(char *dst, size_t size, const char *p, size_t len)
{
	size_t n, out = 0;
	uint32_t cp;

	for (; len > 0; p += n, len -= n) {
		n = utf8_decode(p, len, &cp);
		if (n == 0 || is_control(cp)) {
			n = n == 0 ? 1 : n;
			continue;
		}
		if (n >= size - out)
			break;
		memcpy(dst + out, p, n);
		out += n;
	}
	while (out > 0 && dst[out - 1] == ' ')
		out--;
	dst[out] = '\0';
	return out;
}

bool
valid_rel_path(const char *s)
{
	size_t len = strlen(s), n, parts;
	uint32_t cp;

	if (len == 0 || len > REL_PATH_MAX)
		return false;
	for (size_t i = 0; i < len; i += n)
		if ((n = utf8_decode(s + i, len - i, &cp)) == 0 ||
		    is_control(cp))
			return false;
	for (parts = 1;; parts++, s += n + 1) {
		n = strcspn(s, "/");
		if (n == 0 || n > 255 || parts > REL_PATH_PARTS ||
		    (n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		if (s[n] == '\0')
			return true;
	}
}

bool
valid_homes_folder(const char *s)
{
	static const char last[] = "-profiles";
	size_t len = strlen(s), n = sizeof(last) - 1;

	if (len < n + 2 || len > n + 1 + 48 || s[0] != '.' ||
	    strcmp(s + len - n, last) != 0 || strstr(s, "..") != NULL)
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

char *
text_escape(char *dst, size_t size, const char *s)
{
	char unit[4 * 4 + 1];
	uint32_t cp;
	size_t i, n, len, ulen, out = 0, cut = 0;

	if (size == 0)
		return dst;
	for (len = strlen(s); len > 0; s += n, len -= n) {
		n = utf8_decode(s, len, &cp);
		if (n > 0 && !is_control(cp)) {
			memcpy(unit, s, n);
			ulen = n;
			if (cp == '\\')
				unit[ulen++] = '\\';
		} else {
			/* A bad sequence is told one byte at a time. */
			if (n == 0)
				n = 1;
			for (i = 0, ulen = 0; i < n; i++, ulen += 4)
				(void)snprintf(unit + ulen, sizeof(unit) - ulen,
				    "\\x%02x", (unsigned)(uint8_t)s[i]);
		}
		if (ulen > size - 1 - out) {
			/* cut leaves room for the dots, if anything does. */
			out = cut;
			for (i = 0; i < 3 && out < size - 1; i++)
				dst[out++] = '.';
			break;
		}
		memcpy(dst + out, unit, ulen);
		out += ulen;
		if (size - 1 - out >= 3)
			cut = out;
	}
	dst[out] = '\0';
	return dst;
}
