/**
 * The public keys whose bundles this box installs: every `update-keys/*.pub` and `update-key.pub` below
 * `/usr/share/helios-edge` (PEM). They lie on the read-only system, so only an update changes them: a key is
 * replaced by an update that brings the new one beside the old, and a later one without the old.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperationError } from '../admin/operations.ts';

export const UPDATE_KEYS_HOME = '/usr/share/helios-edge';

/** @throws OperationError when there is none, or a file holds no Ed25519 key */
export function loadUpdateKeys(home: string = UPDATE_KEYS_HOME): readonly KeyObject[] {
  const folder = join(home, 'update-keys');
  const single = join(home, 'update-key.pub');
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.pub'))
        .sort()
        .map((name) => join(folder, name))
    : [];
  if (existsSync(single)) files.push(single);
  if (files.length === 0) {
    throw new OperationError(
      `no update key in ${home}: this system was not made to take updates; flash an image instead`,
    );
  }
  return files.map(readKey);
}

function readKey(file: string): KeyObject {
  try {
    const key = createPublicKey(readFileSync(file));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw new OperationError(`${file} holds no public key in PEM form`, { cause });
  }
  throw new OperationError(`${file} is not an Ed25519 key`);
}
