/*
 * Manifests: the built-in tables keep the rules that code relies on (no key in
 * an argument, endpoints that may carry one), addresses that would leak a key
 * are refused, and templates leave out what has no value.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "home-file.h"
#include "manifest.h"
#include "paths.h"
#include "profile-files.h"
#include "valid.h"

static char why[512];
static struct manifest_set *set;

static void
setup(void)
{
	set = manifest_set_new();
}

static void
teardown(void)
{
	manifest_set_free(set);
}

START_TEST(tables_keep_the_rules)
{
	const struct manifest_agent *const *a;
	const struct manifest_provider *const *p;
	const struct manifest_env *e;
	const char *url;
	size_t i, j, k, na, np;

	a = manifest_agents(set, &na);
	p = manifest_providers(set, &np);
	ck_assert_uint_gt(na, 0);
	for (i = 0; i < na; i++) {
		bool used = false;

		ck_assert(valid_ident(a[i]->id));
		ck_assert_ptr_eq(manifest_agent(set, a[i]->id), a[i]);
		/* One folder below the home, hidden, nobody else's. */
		ck_assert_int_eq(a[i]->homes[0], '.');
		ck_assert_ptr_null(strchr(a[i]->homes, '/'));
		for (j = 0; j < i; j++) {
			ck_assert_str_ne(a[i]->homes, a[j]->homes);
			ck_assert_str_ne(a[i]->id, a[j]->id);
		}
		/* A key in an argument is seen by all of the machine. */
		for (j = 0; a[i]->args[j].text != NULL; j++)
			ck_assert_ptr_null(strstr(a[i]->args[j].text, "${key}"));
		for (e = a[i]->env; e->value != NULL; e++) {
			if (e->name != NULL)
				ck_assert(
				    valid_env_name(e->name, strlen(e->name)));
		}
		for (k = 0; k < np; k++)
			used = used || manifest_supports(a[i], p[k]);
		ck_assert(used);
	}
	for (i = 0; i < np; i++) {
		ck_assert(valid_ident(p[i]->id));
		ck_assert_ptr_eq(manifest_provider(set, p[i]->id), p[i]);
		ck_assert(p[i]->auth_variable == NULL ||
			  valid_env_name(
			      p[i]->auth_variable, strlen(p[i]->auth_variable)));
		/* One that takes a key has a place to send it to. */
		ck_assert_int_eq(
		    p[i]->auth_variable != NULL, p[i]->default_endpoint != NULL);
		ck_assert_int_eq(
		    manifest_endpoint(p[i], "", &url, why, sizeof(why)),
		    RL_OK);
		for (j = 0; p[i]->endpoints[j].id != NULL; j++) {
			ck_assert(valid_ident(p[i]->endpoints[j].id));
			ck_assert(manifest_url_ok(
			    p[i]->endpoints[j].url, why, sizeof(why)));
			ck_assert_int_eq(
			    strncmp(p[i]->endpoints[j].url, "https://", 8), 0);
		}
		for (j = 0; p[i]->models[j] != NULL; j++)
			ck_assert(manifest_model_ok(p[i]->models[j]));
		ck_assert(p[i]->default_model == NULL ||
			  manifest_model_ok(p[i]->default_model));
	}
	ck_assert_ptr_null(manifest_agent(set, "nosuch"));
	ck_assert_ptr_null(manifest_provider(set, ""));
	ck_assert(!manifest_supports(
	    manifest_agent(set, "claude"), manifest_provider(set, "openai")));
	ck_assert(!manifest_supports(
	    manifest_agent(set, "codex"), manifest_provider(set, "anthropic")));
}
END_TEST

static const char *const good_urls[] = {
	"https://api.example.com",
	"https://api.example.com/",
	"https://api.example.com:8443/v1/messages",
	"https://10.0.0.1/x",
	"https://[2001:db8::1]:443/v1",
	"http://127.0.0.1:8080",
	"http://127.255.0.9/v1",
	"http://localhost:1/v1",
	"http://[::1]:65535/",
};

START_TEST(takes_addresses)
{
	ck_assert_msg(manifest_url_ok(good_urls[_i], why, sizeof(why)),
	    "%s: %s", good_urls[_i], why);
}
END_TEST

static const char *const bad_urls[] = {
	"",
	"api.example.com",
	"ftp://api.example.com",
	"HTTPS://api.example.com",
	"https://",
	"https:///v1",
	"https://:443/",
	/* Not loopback, though it looks so at a glance. */
	"http://api.example.com",
	"http://127.0.0.1.evil.example",
	"http://127.0.0.1.",
	"http://127.0.0.256",
	"http://127.0.1",
	"http://127.0.0.0001",
	"http://0.0.0.0",
	"http://1270.0.0.1",
	"http://localhost.evil.example",
	"http://LOCALHOST.evil",
	"http://[::2]",
	"http://[::1].evil.example",
	"http://[::1",
	/* What a user name before the host would hide. */
	"https://api.example.com@evil.example/",
	"http://127.0.0.1@evil.example/",
	"http://127.0.0.1:80@evil.example/",
	"http://localhost#@evil.example/",
	"http://localhost?@evil.example/",
	"http://127.0.0.1\\@evil.example/",
	/* Ports. */
	"https://a:",
	"https://a:0",
	"https://a:65536",
	"https://a:99999999999999999999",
	"https://a:80x",
	"https://a:-1",
	"https://a:8 0",
	/* What would mean something in an argument or a settings file. */
	"https://a/x?y=z",
	"https://a/#x",
	"https://a/\"x",
	"https://a/'x",
	"https://a/ x",
	"https://a/x\n",
	"https://a/${key}",
	"https://a/\x7f",
	"https://a/%41",
	"https://-a/",
	"https://\xc3\xa9/",
};

START_TEST(refuses_addresses)
{
	why[0] = '\0';
	ck_assert_msg(!manifest_url_ok(bad_urls[_i], why, sizeof(why)), "%s",
	    bad_urls[_i]);
	ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(chooses_endpoints)
{
	const struct manifest_provider *p = manifest_provider(set, "minimax");
	const struct manifest_provider *self = manifest_provider(set, "self");
	const char *def, *url;
	char big[4000];

	ck_assert_int_eq(
	    manifest_endpoint(p, NULL, &def, why, sizeof(why)), RL_OK);
	ck_assert_str_ne(def, "");
	ck_assert_int_eq(
	    manifest_endpoint(p, "", &url, why, sizeof(why)), RL_OK);
	ck_assert_str_eq(url, def);
	ck_assert_int_eq(
	    manifest_endpoint(p, "china", &url, why, sizeof(why)), RL_OK);
	ck_assert_str_ne(url, def);
	ck_assert_int_eq(
	    manifest_endpoint(p, "http://127.0.0.1:9", &url, why, sizeof(why)),
	    RL_OK);
	ck_assert_str_eq(url, "http://127.0.0.1:9");
	ck_assert_int_eq(manifest_endpoint(p, "nosuch", &url, why, sizeof(why)),
	    RL_ERR_INVALID);
	ck_assert_int_eq(
	    manifest_endpoint(p, "http://evil.example", &url, why, sizeof(why)),
	    RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "unencrypted"));
	memset(big, 'a', sizeof(big));
	memcpy(big, "https://", 8);
	big[sizeof(big) - 1] = '\0';
	ck_assert_int_eq(
	    manifest_endpoint(p, big, &url, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_int_eq(
	    manifest_endpoint(self, "", &url, why, sizeof(why)), RL_OK);
	ck_assert_str_eq(url, "");
	ck_assert_int_eq(
	    manifest_endpoint(self, "https://a", &url, why, sizeof(why)),
	    RL_ERR_INVALID);
}
END_TEST

START_TEST(judges_models)
{
	ck_assert(manifest_model_ok("claude-sonnet-4-5"));
	ck_assert(manifest_model_ok("anthropic/claude-sonnet-4.5:beta"));
	ck_assert(!manifest_model_ok(""));
	ck_assert(!manifest_model_ok("--dangerous"));
	ck_assert(!manifest_model_ok("a\"b"));
	ck_assert(!manifest_model_ok("a b"));
	ck_assert(!manifest_model_ok("a\nb"));
	ck_assert(!manifest_model_ok("a${key}"));
}
END_TEST

static const struct {
	const char *tmpl;
	int r;
	const char *text;
} templates[] = {
	{ "", 1, "" },
	{ "plain", 1, "plain" },
	{ "a $ b $$ {x}", 1, "a $ b $$ {x}" },
	{ "${alias}", 1, "work" },
	{ "<${alias}|${home}>", 1, "<work|/h/work>" },
	{ "${alias}${alias}", 1, "workwork" },
	{ "x${model}", 0, "" },
	{ "${alias}${model}", 0, "" },
	{ "${key}", 0, "" },
	/* A value is not a template: it is not expanded again. */
	{ "${endpoint}", 1, "${alias}" },
	{ "${nosuch}", RL_ERR_INVALID, "" },
	{ "${alias", RL_ERR_INVALID, "" },
	{ "${}", RL_ERR_INVALID, "" },
	{ "${ALIAS}", RL_ERR_INVALID, "" },
	{ "$${alias}", 1, "${alias}" },
	{ "$${${alias}}", 1, "${work}" },
	{ "$$${alias}", 1, "$${alias}" },
	{ "$", 1, "$" },
	{ "0123456789abcdef0123456789abcdefX", RL_ERR_TOOBIG, "" },
	{ "0123456789abcdef0123456789abc${alias}", RL_ERR_TOOBIG, "" },
};

START_TEST(expands)
{
	const struct manifest_vars vars = {
		.alias = "work",
		.home = "/h/work",
		.model = "",
		.endpoint = "${alias}",
	};
	struct buf *b = buf_new(32);

	ck_assert_int_eq(
	    manifest_expand(templates[_i].tmpl, &vars, b), templates[_i].r);
	ck_assert_uint_eq(buf_len(b), strlen(templates[_i].text));
	ck_assert_mem_eq(buf_ptr(b) != NULL ? (const char *)buf_ptr(b) : "",
	    templates[_i].text, buf_len(b));
	buf_free(b);
	ck_assert(manifest_has(&vars, "alias"));
	ck_assert(!manifest_has(&vars, "model"));
	ck_assert(!manifest_has(&vars, "nosuch"));
}
END_TEST

/* --- the set -------------------------------------------------------------- */

#define AGENT(id, more)                                                        \
	"{\"schema\":1,\"id\":\"" id "\",\"name\":\"N\",\"binary\":\"b\","       \
	"\"home_folder\":\".x-profiles\",\"provider_types\":[\"self\"]" more "}"

static int
add(enum manifest_source source, const char *where, const char *id,
    const char *text)
{
	why[0] = '\0';
	return manifest_set_add(set, MANIFEST_AGENT, source, where, id, text,
	    strlen(text), why, sizeof(why));
}

START_TEST(puts_the_user_first)
{
	enum manifest_source source = 0;
	size_t n, k;

	(void)manifest_agents(set, &n);
	ck_assert_int_eq(add(MANIFEST_USER, "/u/claude.json", "claude",
	    AGENT("claude", "")), RL_OK);
	ck_assert_int_eq(add(MANIFEST_REGISTRY, "2026.11.1", "claude",
	    AGENT("claude", "")), RL_OK);
	ck_assert_int_eq(add(MANIFEST_REGISTRY, "2026.11.1", "fresh",
	    AGENT("fresh", "")), RL_OK);
	(void)manifest_agents(set, &k);
	ck_assert_uint_eq(k, n + 1);
	ck_assert_str_eq(manifest_agent(set, "claude")->homes, ".x-profiles");
	ck_assert_str_eq(manifest_source(set, MANIFEST_AGENT, "claude", 0,
	    &source), "user /u/claude.json");
	ck_assert_int_eq(source, MANIFEST_USER);
	ck_assert_str_eq(manifest_source(set, MANIFEST_AGENT, "claude", 1,
	    NULL), "registry 2026.11.1");
	ck_assert_str_eq(manifest_source(set, MANIFEST_AGENT, "claude", 2,
	    NULL), "built-in");
	ck_assert_ptr_null(
	    manifest_source(set, MANIFEST_AGENT, "claude", 3, NULL));
	ck_assert_str_eq(manifest_source(set, MANIFEST_AGENT, "fresh", 0,
	    &source), "registry 2026.11.1");
	ck_assert_int_eq(source, MANIFEST_REGISTRY);
	/* An agent is no provider. */
	ck_assert_ptr_null(
	    manifest_source(set, MANIFEST_PROVIDER, "fresh", 0, NULL));
	ck_assert_ptr_null(manifest_broken(set, 0));
}
END_TEST

START_TEST(leaves_out_what_is_wrong)
{
	const struct manifest_broken *b;
	size_t n, k, i;
	char id[16], text[256];

	(void)manifest_agents(set, &n);
	ck_assert_int_eq(add(MANIFEST_USER, "/u/claude.json", "claude",
	    AGENT("claude", ",\"evil\":1")), RL_ERR_INVALID);
	ck_assert_int_eq(add(MANIFEST_USER, "/u/other.json", "other",
	    AGENT("another", "")), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "'id' is not the name of the file"));
	(void)manifest_agents(set, &k);
	ck_assert_uint_eq(n, k);
	ck_assert_str_eq(manifest_source(set, MANIFEST_AGENT, "claude", 0,
	    NULL), "built-in");
	ck_assert_ptr_nonnull(b = manifest_broken(set, 0));
	ck_assert_str_eq(b->id, "claude");
	ck_assert_str_eq(b->where, "/u/claude.json");
	ck_assert_str_eq(b->why, "member 'evil' is not known here");
	ck_assert_ptr_nonnull(manifest_broken(set, 1));
	ck_assert_ptr_null(manifest_broken(set, 2));

	for (i = 0; i < MANIFESTS_MAX + 1; i++) {
		snprintf(id, sizeof(id), "a%zu", i);
		snprintf(text, sizeof(text), "{\"schema\":1,\"id\":\"%s\","
		    "\"name\":\"N\",\"binary\":null,\"home_folder\":"
		    "\".x-profiles\",\"provider_types\":[\"self\"]}", id);
		ck_assert_int_eq(add(MANIFEST_USER, "f", id, text),
		    i < MANIFESTS_MAX ? RL_OK : RL_ERR_LIMIT);
	}
}
END_TEST

static void
put(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* What is said of the file of that name, or NULL. */
static const char *
said(const char *name)
{
	const struct manifest_broken *b;

	for (size_t i = 0; (b = manifest_broken(set, i)) != NULL; i++)
		if (strcmp(strrchr(b->where, '/') + 1, name) == 0)
			return b->why;
	return NULL;
}

START_TEST(reads_the_users)
{
	char top[] = "/tmp/manifest.XXXXXX", dir[64], name[128];
	struct paths paths = { .config_dir = top };
	size_t n, k;

	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)manifest_agents(set, &n);
	/* No folder is no error. */
	manifest_set_add_user(set, &paths);
	ck_assert_ptr_null(manifest_broken(set, 0));

	snprintf(dir, sizeof(dir), "%s/agents.d", top);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	put(dir, "mine.json", AGENT("mine", ""));
	put(dir, ".mine.json.swp", "x");
	put(dir, "mine.json~", "x");
	put(dir, "Bad Name.json", AGENT("mine", ""));
	put(dir, "damaged.json", "{\n\"schema\":1,,}");
	snprintf(name, sizeof(name), "%s/linked.json", dir);
	ck_assert_int_eq(symlink("mine.json", name), 0);
	manifest_set_add_user(set, &paths);
	(void)manifest_agents(set, &k);
	ck_assert_uint_eq(k, n + 1);
	ck_assert_ptr_nonnull(manifest_agent(set, "mine"));
	ck_assert_ptr_nonnull(strstr(said("Bad Name.json"), "its name must"));
	ck_assert_ptr_nonnull(strstr(said("damaged.json"), "line 2 column"));
	ck_assert_ptr_nonnull(strstr(said("linked.json"), "not a regular"));
	ck_assert_ptr_null(said("mine.json"));

	/* A folder that others can write is theirs. */
	manifest_set_free(set);
	set = manifest_set_new();
	ck_assert_int_eq(chmod(dir, 0777), 0);
	manifest_set_add_user(set, &paths);
	ck_assert_ptr_null(manifest_agent(set, "mine"));
	ck_assert_ptr_nonnull(strstr(said("agents.d"), "others can write"));
	snprintf(name, sizeof(name), "rm -rf %s", top);
	ck_assert_int_eq(system(name), 0);
}
END_TEST

/* --- files ---------------------------------------------------------------- */

START_TEST(writes_files)
{
	static const char text[] = AGENT("f", ",\"files\":["
	    "{\"path\":\"a.json\",\"format\":\"json\",\"content\":{"
	    "\"u\":\"${endpoint}\",\"none\":\"x${model}\",\"${model}\":1,"
	    "\"${alias}\":{\"l\":[\"${model}\",\"$${HOME}\",true]}}},"
	    "{\"path\":\"b/c.toml\",\"format\":\"toml\",\"content\":["
	    "\"u = '${endpoint}'\",\"m = '${model}'\",\"\",\"end\"]},"
	    "{\"path\":\"other\",\"format\":\"text\",\"content\":[],"
	    "\"provider_types\":[\"anthropic\"]},"
	    "{\"path\":\"needy\",\"format\":\"text\",\"content\":[],"
	    "\"needs\":\"model\"}]");
	struct manifest_vars vars = { .alias = "work", .home = "/h",
		.endpoint = "https://a/v1", .provider_type = "openai" };
	char top[] = "/tmp/manifest.XXXXXX", line[64], name[PATH_MAX];
	struct manifest *m;
	json_t *v, *want;
	FILE *f;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_ge(fd = open(top, O_RDONLY | O_DIRECTORY), 0);
	ck_assert_msg(manifest_parse(text, strlen(text), MANIFEST_AGENT, &m,
	    why, sizeof(why)) == RL_OK, "%s", why);
	ck_assert_msg(profile_files_write(fd, manifest_get_agent(m), &vars, why,
	    sizeof(why)) == RL_OK, "%s", why);
	ck_assert_int_eq(
	    home_file_read(fd, "a.json", &v, why, sizeof(why)), RL_OK);
	want = json_loads("{\"u\":\"https://a/v1\",\"work\":{\"l\":"
	    "[\"${HOME}\",true]}}", 0, NULL);
	ck_assert(json_equal(v, want));
	json_decref(v);
	json_decref(want);
	snprintf(name, sizeof(name), "%s/b/c.toml", top);
	ck_assert_ptr_nonnull(f = fopen(name, "r"));
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_str_eq(line, "u = 'https://a/v1'\n");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_str_eq(line, "\n");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_str_eq(line, "end\n");
	fclose(f);
	ck_assert_int_eq(faccessat(fd, "other", F_OK, 0), -1);
	ck_assert_int_eq(faccessat(fd, "needy", F_OK, 0), -1);

	/* What a line cannot quote is refused, and what is a link. */
	vars.home = "/h'x";
	ck_assert_int_eq(profile_files_write(fd, manifest_get_agent(m), &vars,
	    why, sizeof(why)), RL_ERR_INVALID);
	vars.home = "/h";
	ck_assert_int_eq(unlinkat(fd, "a.json", 0), 0);
	ck_assert_int_eq(symlinkat("b/c.toml", fd, "a.json"), 0);
	ck_assert_int_eq(profile_files_write(fd, manifest_get_agent(m), &vars,
	    why, sizeof(why)), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "a.json: is a symbolic link"));
	manifest_free(m);
	close(fd);
	snprintf(name, sizeof(name), "rm -rf %s", top);
	ck_assert_int_eq(system(name), 0);
}
END_TEST

#define NELEM(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *s = suite_create("manifest");
	TCase *tc = tcase_create("manifest");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, tables_keep_the_rules);
	tcase_add_loop_test(tc, takes_addresses, 0, NELEM(good_urls));
	tcase_add_loop_test(tc, refuses_addresses, 0, NELEM(bad_urls));
	tcase_add_test(tc, chooses_endpoints);
	tcase_add_test(tc, judges_models);
	tcase_add_loop_test(tc, expands, 0, NELEM(templates));
	tcase_add_test(tc, puts_the_user_first);
	tcase_add_test(tc, leaves_out_what_is_wrong);
	tcase_add_test(tc, reads_the_users);
	tcase_add_test(tc, writes_files);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
