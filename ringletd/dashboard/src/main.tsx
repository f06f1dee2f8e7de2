import { render } from 'preact';

import { App } from './app';
import { stylesByScript } from './csp';

stylesByScript();
const root = document.getElementById('app');
if (root !== null)
  render(<App />, root);
