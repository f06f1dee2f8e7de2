/*
 * manifest-builtin.c: the agents and providers that Ringlet knows by itself.
 *
 * Data only.  Facts here were tried with the agents named in each comment;
 * a manifest in a file overrides nothing here, it adds.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>

#include "manifest.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static const struct manifest_env no_env[] = {
	{ NULL, NULL },
};
static const struct manifest_arg no_args[] = {
	{ NULL, NULL, false },
};
static const struct manifest_seed no_seeds[] = {
	{ NULL, NULL },
};
static const struct manifest_endpoint no_endpoints[] = {
	{ NULL, NULL },
};
static const char *const no_models[] = { NULL };

/* The provider's auth variable gets the key. */
static const struct manifest_env key_env[] = {
	{ NULL, "${key}" },
	{ NULL, NULL },
};

/* --- agents --------------------------------------------------------------- */

/* Claude Code 2.1: a Messages API client. */
static const char *const claude_types[] = { "anthropic", "self", NULL };
static const struct manifest_env claude_env[] = {
	{ NULL, "${key}" },
	{ "ANTHROPIC_BASE_URL", "${endpoint}" },
	{ "ANTHROPIC_MODEL", "${model}" },
	/* Without it, three hosts besides the endpoint are looked up. */
	{ "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1" },
	/* Its installation is read-only to it. */
	{ "DISABLE_AUTOUPDATER", "1" },
	{ NULL, NULL },
};
static const char *const claude_natives[] = {
	"@anthropic-ai/claude-code-linux-x64/claude",
	"@anthropic-ai/claude-code-linux-arm64/claude",
	"@anthropic-ai/claude-code-linux-x64-musl/claude",
	"@anthropic-ai/claude-code-linux-arm64-musl/claude",
	"@anthropic-ai/claude-code-darwin-arm64/claude",
	"@anthropic-ai/claude-code-darwin-x64/claude",
	NULL,
};
static const struct manifest_seed claude_seeds[] = {
	/*
	 * The first start otherwise insists on reaching the vendor, whatever
	 * the endpoint.  Whether a folder is trusted stays the user's to say.
	 */
	{ ".claude.json", "{\"hasCompletedOnboarding\":true}\n" },
	{ NULL, NULL },
};

/* Codex 0.169: a Responses API client. */
static const char *const codex_types[] = { "openai", "self", NULL };
static const struct manifest_arg codex_args[] = {
	/*
	 * A model provider of our own: the one that is built in ignores an
	 * endpoint in the environment.  The key stays there and is only named
	 * here.
	 */
	{ "--config=model_provider=\"ringlet\"", "endpoint", false },
	{ "--config=model_providers.ringlet={name=\"${provider}\","
	  "base_url=\"${endpoint}\",env_key=\"${auth_variable}\","
	  "wire_api=\"responses\"}",
	    NULL, false },
	{ "--config=model=\"${model}\"", NULL, false },
	{ "--config=check_for_update_on_startup=false", NULL, false },
	/*
	 * Its own sandbox needs user namespaces, which a jail does not have:
	 * every command would fail.  The jail is the wall.
	 */
	{ "--config=sandbox_mode=\"danger-full-access\"", NULL, true },
	{ NULL, NULL, false },
};

/* The user's login shell, so that a jail is useful without any agent. */
static const char *const shell_types[] = { "self", "anthropic", "openai",
	NULL };

const struct manifest_agent manifest_builtin_agents[] = {
	{
	    .id = "claude",
	    .name = "Claude Code",
	    .binary = "claude",
	    .natives = claude_natives,
	    .version_arg = "--version",
	    .install = "npm install -g @anthropic-ai/claude-code",
	    .homes = ".claude-profiles",
	    .types = claude_types,
	    .env = claude_env,
	    .args = no_args,
	    .seeds = claude_seeds,
	},
	{
	    .id = "codex",
	    .name = "Codex",
	    .binary = "codex",
	    .version_arg = "--version",
	    .install = "npm install -g @openai/codex",
	    .homes = ".codex-profiles",
	    .types = codex_types,
	    .env = key_env,
	    .args = codex_args,
	    .seeds = no_seeds,
	},
	{
	    .id = "shell",
	    .name = "Shell",
	    .binary = NULL,
	    .version_arg = NULL,
	    .install = NULL,
	    .homes = ".shell-profiles",
	    .types = shell_types,
	    .env = key_env,
	    .args = no_args,
	    .seeds = no_seeds,
	},
};
const size_t manifest_builtin_nagents = NELEM(manifest_builtin_agents);

/* --- providers --------------------------------------------------------------
 */

static const struct manifest_endpoint anthropic_endpoints[] = {
	{ "default", "https://api.anthropic.com" },
	{ NULL, NULL },
};
static const char *const anthropic_models[] = { "claude-opus-4-5",
	"claude-sonnet-4-5", "claude-haiku-4-5", NULL };

static const struct manifest_endpoint openai_endpoints[] = {
	{ "default", "https://api.openai.com/v1" },
	{ NULL, NULL },
};
static const char *const openai_models[] = { "gpt-5", "gpt-5-codex",
	"gpt-5-mini", NULL };

static const struct manifest_endpoint minimax_endpoints[] = {
	{ "international", "https://api.minimax.io/anthropic" },
	{ "china", "https://api.minimaxi.com/anthropic" },
	{ NULL, NULL },
};
static const char *const minimax_models[] = { "MiniMax-M2.1", "MiniMax-M2",
	NULL };
/* It has none of the names that Claude Code would ask for by itself. */
static const struct manifest_env minimax_env[] = {
	{ "ANTHROPIC_DEFAULT_OPUS_MODEL", "${model}" },
	{ "ANTHROPIC_DEFAULT_SONNET_MODEL", "${model}" },
	{ "ANTHROPIC_DEFAULT_HAIKU_MODEL", "${model}" },
	{ NULL, NULL },
};

static const struct manifest_endpoint openrouter_endpoints[] = {
	{ "default", "https://openrouter.ai/api" },
	{ NULL, NULL },
};

static const struct manifest_endpoint zai_endpoints[] = {
	{ "international", "https://api.z.ai/api/anthropic" },
	{ "china", "https://open.bigmodel.cn/api/anthropic" },
	{ NULL, NULL },
};
static const char *const zai_models[] = { "glm-4.7", "glm-4.6", "glm-4.5-air",
	NULL };

/*
 * ANTHROPIC_API_KEY is sent as x-api-key, which the vendor's own service
 * takes; ANTHROPIC_AUTH_TOKEN as a bearer token, which the others take.
 */
const struct manifest_provider manifest_builtin_providers[] = {
	{
	    .id = "anthropic",
	    .name = "Anthropic",
	    .type = "anthropic",
	    .auth_variable = "ANTHROPIC_API_KEY",
	    .endpoints = anthropic_endpoints,
	    .default_endpoint = "default",
	    .models = anthropic_models,
	    .env = no_env,
	},
	{
	    .id = "minimax",
	    .name = "MiniMax",
	    .type = "anthropic",
	    .auth_variable = "ANTHROPIC_AUTH_TOKEN",
	    .endpoints = minimax_endpoints,
	    .default_endpoint = "international",
	    .models = minimax_models,
	    .default_model = "MiniMax-M2.1",
	    .env = minimax_env,
	},
	{
	    .id = "openai",
	    .name = "OpenAI",
	    .type = "openai",
	    .auth_variable = "OPENAI_API_KEY",
	    .endpoints = openai_endpoints,
	    .default_endpoint = "default",
	    .models = openai_models,
	    .env = no_env,
	},
	{
	    .id = "openrouter",
	    .name = "OpenRouter",
	    .type = "anthropic",
	    .auth_variable = "ANTHROPIC_AUTH_TOKEN",
	    .endpoints = openrouter_endpoints,
	    .default_endpoint = "default",
	    .models = no_models,
	    .env = no_env,
	},
	{
	    /* The agent signs in by itself, or needs no provider at all. */
	    .id = "self",
	    .name = "The agent's own sign-in",
	    .type = "self",
	    .auth_variable = NULL,
	    .endpoints = no_endpoints,
	    .default_endpoint = NULL,
	    .models = no_models,
	    .env = no_env,
	},
	{
	    .id = "zai",
	    .name = "Z.AI",
	    .type = "anthropic",
	    .auth_variable = "ANTHROPIC_AUTH_TOKEN",
	    .endpoints = zai_endpoints,
	    .default_endpoint = "international",
	    .models = zai_models,
	    .env = no_env,
	},
};
const size_t manifest_builtin_nproviders = NELEM(manifest_builtin_providers);
