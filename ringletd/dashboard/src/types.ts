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
