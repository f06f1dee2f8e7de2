import { render } from 'preact';

import { App } from './app';
import { stylesByScript } from './csp';
import { lookStart } from './look';

stylesByScript();
lookStart();
const root = document.getElementById('app');
if (root !== null)
  render(<App />, root);
