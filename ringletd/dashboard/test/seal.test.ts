import assert from 'node:assert/strict';
import { test } from 'node:test';

import { blake2b } from '@noble/hashes/blake2.js';
import nacl from 'tweetnacl';

import { bound, sealTo } from '../src/seal';

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], b => parseInt(b, 16));
}

/* libsodium's crypto_box_seal_open. */
function open(
  sealed: Uint8Array, publicKey: Uint8Array, secretKey: Uint8Array,
): string | null {
  const from = sealed.subarray(0, 32);
  const nonce = blake2b.create({ dkLen: 24 }).update(from).update(publicKey)
    .digest();
  const message = nacl.box.open(sealed.subarray(32), nonce, from, secretKey);
  return message === null ? null : new TextDecoder().decode(message);
}

test('this test opens what libsodium 1.0.18 has sealed', () => {
  assert.equal(open(
    hex('b08426eec7d0eed292f83a81a160f0a0650d0e5e063bc76e77cf5eaa68733b38' +
      'a5af3b9d2037be62ef3b0edfeac05301ef51652f7620ce82543691'),
    hex('c7ba05f95a1bc718daa8bf0a9d924ae424fb23b123bd5a7fc0f06b49e6145d69'),
    hex('89b65006dcbafd8c83dcfb50e6aa8c04a08d00697b0805542815f827ec7d1355'),
  ), 'sk-test-key');
});

test('what is sealed here opens the same way, and differs each time', () => {
  const to = nacl.box.keyPair();
  const message = new TextEncoder().encode('a key');
  const one = sealTo(to.publicKey, message);
  const two = sealTo(to.publicKey, message);

  assert.equal(open(one, to.publicKey, to.secretKey), 'a key');
  assert.equal(open(two, to.publicKey, to.secretKey), 'a key');
  assert.notDeepEqual(one, two);
  one[40] = (one[40] ?? 0) ^ 1;
  assert.equal(open(one, to.publicKey, to.secretKey), null);
});

test('a key is bound by what PROTOCOL.http says', () => {
  assert.equal(new TextDecoder().decode(bound('k', {
    alias: 'a', agent_id: 'claude', provider_id: 'zai', endpoint_id: null,
  })), 'ringlet-sealed-key-1\0a\0claude\0zai\0\0k');
});
