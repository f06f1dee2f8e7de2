/* What a profile's jails get beyond the default.  Loosening is for the machine. */

import { seen } from './seen';
import type { Profile } from './types';
import { Empty } from './ui';

export function Grants({ p }: { p: Profile }) {
  return (
    <>
      <h2>Grants</h2>
      {p.grants.length === 0
        ? <Empty>None: its jails are as the settings have them.</Empty>
        : <ul class="names">
          {p.grants.map(g => <li key={g}><code>{seen(g)}</code></li>)}
        </ul>}
      <p class="fact">No page loosens a jail. On the machine:
        {' '}<code>ringlet profiles grant {p.alias} ro PATH</code>, and the same
        with <code>--revoke</code> takes it back.</p>
    </>
  );
}
