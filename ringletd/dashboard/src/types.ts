/* What routes answer and events bring: PROTOCOL.http, sections 4, 5 and 7. */

import {
  anything, bool, int, list, map, maybe, orNull, shape, text, word,
  type Checked,
} from './check';

export const session = shape({
  id: text,
  profile_alias: text,
  state: word('starting', 'running', 'terminated'),
  exit_code: orNull(int),
  signal: orNull(int),
  reason: orNull(text),
  text: orNull(text),
  created_at: orNull(text),
  ended_at: orNull(text),
  pid: orNull(int),
  cols: int,
  rows: int,
  client_count: int,
  output_bytes: int,
  output_offset: int,
  sandboxed: bool,
  tier: text,
  limits: orNull(text),
  working_dir: text,
  changed: list(text),
  hooks_left_out: list(text),
});
export type Session = Checked<typeof session>;

export const profile = shape({
  alias: text,
  agent_id: text,
  provider_id: text,
  endpoint_id: orNull(text),
  endpoint_url: orNull(text),
  model: orNull(text),
  args: list(text),
  working_dir: orNull(text),
  profile_home: text,
  env: list(text),
  grants: list(text),
  created_at: orNull(text),
  last_used: orNull(text),
  total_runs: int,
  has_key: bool,
  damage: orNull(text),
});
export type Profile = Checked<typeof profile>;

export const agent = shape({
  id: text,
  name: text,
  installed: bool,
  version: orNull(text),
  binary_path: orNull(text),
  profile_count: int,
  install: orNull(text),
});
export type Agent = Checked<typeof agent>;

export const provider = shape({
  id: text,
  name: text,
  type: text,
  endpoints: map(text),
  default_endpoint: orNull(text),
  auth_variable: orNull(text),
  models: list(text),
});
export type Provider = Checked<typeof provider>;

export const daemonStatus = shape({
  status: text,
  version: text,
  pid: int,
  uptime_secs: int,
  profiles_count: int,
  sessions: int,
  listen: list(text),
  seal: text,
  jail: text,
  restarts: int,
});
export type DaemonStatus = Checked<typeof daemonStatus>;

export const tokenSelf = shape({
  id: text,
  scope: word('view', 'control'),
  label: orNull(text),
  created_at: orNull(text),
  expires_at: orNull(text),
});
export type TokenSelf = Checked<typeof tokenSelf>;

export const tokenMade = shape({
  token: text,
  id: text,
  scope: word('view', 'control'),
  expires_at: orNull(text),
});

export const publicKey = shape({ key_id: text, public_key: text });

export const folders = shape({
  path: orNull(text),
  parent: orNull(text),
  usable: bool,
  reason: orNull(text),
  entries: list(shape({ name: text, path: text, usable: bool })),
  truncated: bool,
  skipped: int,
  roots: list(text),
});
export type Folders = Checked<typeof folders>;

export const event = shape({ type: text, data: anything });
export type DaemonEvent = Checked<typeof event>;

export const auditPage = shape({
  entries: list(map(anything)),
  next: int,
  size: int,
});

/* Text frames of /ws. */
export const eventFrame = shape({
  type: text,
  event: maybe(event),
  count: maybe(int),
  message: maybe(text),
});

/* Text frames of /ws/terminal/ID: a member is there as the type says. */
export const terminalFrame = shape({
  type: text,
  session_id: maybe(text),
  offset: maybe(int),
  head: maybe(int),
  cols: maybe(int),
  rows: maybe(int),
  state: maybe(text),
  read_only: maybe(bool),
  from: maybe(int),
  to: maybe(int),
  exact: maybe(bool),
  data: maybe(text),
  exit_code: maybe(orNull(int)),
  signal: maybe(orNull(int)),
  reason: maybe(orNull(text)),
  message: maybe(text),
});

/* The jail that a session would get: GET /api/profiles/ALIAS/jail. */
export const jailMount = shape({
  kind: text,
  source: orNull(text),
  destination: text,
  size_bytes: orNull(int),
  rule: text,
});
export type JailMount = Checked<typeof jailMount>;

export const jail = shape({
  profile_alias: text,
  tier: text,
  program: text,
  argv: list(text),
  home: text,
  working_dir: text,
  mounts: list(jailMount),
  namespaces: list(text),
  environment: list(text),
  filter: list(text),
  limits: shape({
    memory_bytes: orNull(int),
    processes: orNull(int),
    files: orNull(int),
    cpu_seconds: orNull(int),
  }),
  left_out: list(text),
});
export type Jail = Checked<typeof jail>;

export const setting = shape({
  keyword: text,
  value: text,
  origin: text,
  forced: bool,
});
export type Setting = Checked<typeof setting>;

export const settings = shape({
  policy_file: text,
  policy_there: bool,
  policy_hash: orNull(text),
  policy_trouble: orNull(text),
  settings: list(setting),
  rules: list(shape({ keyword: text, value: text, line: int })),
});
export type Settings = Checked<typeof settings>;

const hookText = {
  event: text,
  matcher: text,
  command: text,
  timeout: int,
};

export const hook = shape({
  ...hookText,
  index: int,
  hash: text,
  added_at: orNull(text),
  added_by: text,
  approved: bool,
  approved_at: orNull(text),
  was: orNull(shape(hookText)),
});
export type Hook = Checked<typeof hook>;

export const registryVersion = shape({
  id: text,
  name: text,
  version: text,
  serial: int,
  channel: text,
  sha256: text,
  key_id: text,
  installed_at: orNull(text),
});
export type RegistryVersion = Checked<typeof registryVersion>;

export const registry = shape({
  url: orNull(text),
  channel: orNull(text),
  key_ids: list(text),
  pin: orNull(text),
  current: orNull(text),
  problem: orNull(text),
  versions: list(registryVersion),
  manifests: list(text),
  shadowed: list(text),
});
export type Registry = Checked<typeof registry>;

export const registryInstalled = shape({
  id: text,
  name: text,
  version: text,
  serial: int,
  channel: text,
  key_id: text,
  unchanged: bool,
  manifests: list(text),
  shadowed: list(text),
  endpoints: list(text),
});
export type RegistryInstalled = Checked<typeof registryInstalled>;
