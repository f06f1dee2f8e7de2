/*
 * An API key is sealed here, in the page, to the daemon's public key: what goes
 * through ringletd is ciphertext, and only ringlet-monitor opens it.
 *
 * The form is libsodium's crypto_box_seal: a fresh key pair for each message,
 * whose public half comes first, and a nonce that is BLAKE2b of both public keys.
 */

import { blake2b } from '@noble/hashes/blake2.js';
import nacl from 'tweetnacl';

import { get } from './api';
import { publicKey } from './types';

/* What a key is bound to: it is then good for this profile alone. */
export interface Binding {
  alias: string;
  agent_id: string;
  provider_id: string;
  endpoint_id: string | null;
}

export function sealTo(
  recipient: Uint8Array, message: Uint8Array,
): Uint8Array {
  const own = nacl.box.keyPair();
  const nonce = blake2b.create({ dkLen: nacl.box.nonceLength })
    .update(own.publicKey).update(recipient).digest();
  const boxed = nacl.box(message, nonce, recipient, own.secretKey);
  const sealed = new Uint8Array(own.publicKey.length + boxed.length);

  sealed.set(own.publicKey);
  sealed.set(boxed, own.publicKey.length);
  own.secretKey.fill(0);
  return sealed;
}

/* The text that is sealed: the strings of the binding, a NUL each, and the key. */
export function bound(key: string, to: Binding): Uint8Array {
  return new TextEncoder().encode([
    'ringlet-sealed-key-1', to.alias, to.agent_id, to.provider_id,
    to.endpoint_id ?? '', key,
  ].join('\0'));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), c => c.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, b => String.fromCharCode(b)).join(''));
}

/* The member sealed_key of a request; each is good for one request. */
export async function sealKey(key: string, to: Binding): Promise<{
  key_id: string; ciphertext: string;
}> {
  const daemon = await get('/api/keychain/public-key', publicKey);
  const recipient = fromBase64(daemon.public_key);

  if (recipient.length !== nacl.box.publicKeyLength)
    throw new Error('the daemon has sent a public key that is none');
  const message = bound(key, to);
  const sealed = sealTo(recipient, message);
  message.fill(0);
  return { key_id: daemon.key_id, ciphertext: toBase64(sealed) };
}
