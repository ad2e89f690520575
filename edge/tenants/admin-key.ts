/**
 * The administrator's key: a file `admin.key` in the data directory, mode 0600, made at first start. Whoever
 * can read it is the administrator; deleting it and starting again makes a new one.
 *
 * The key is read once, at start; what stays in memory is its verifier, and for HTTP a digest under a secret
 * of this process.
 */
import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  ADMIN_USER,
  type Credential,
  SCRAM_ITERATIONS,
  unknownCredential,
} from '../auth/directory.ts';
import { makeVerifier } from '../auth/scram.ts';
import type { Log } from '../log.ts';
import { checkKeyStrength, generateKey } from './merchant-key.ts';

const FILE_NAME = 'admin.key';
const DIGEST_BYTES = 32;
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** Path of the administrator's key. */
export function adminKeyPath(dataDirectory: string): string {
  return join(dataDirectory, FILE_NAME);
}

/** The key's text, for tools that run as the box's user. @throws Error when there is none */
export function readAdminKey(dataDirectory: string): string {
  return readFileSync(adminKeyPath(dataDirectory), 'utf8').trim();
}

/** Says whether a text is the administrator's key. */
export type AdminKeyCheck = (candidate: string) => boolean;

/**
 * For interfaces that are given the key itself. It compares digests under a secret made for this process, in
 * constant time; a fast hash is enough, because the key has at least 128 random bits, and a slow one would
 * let anybody on the network keep the box busy.
 */
export function openAdminKeyCheck(dataDirectory: string): AdminKeyCheck {
  const secret = randomBytes(DIGEST_BYTES);
  const digest = (text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  const expected = digest(readAdminKey(dataDirectory));
  return (candidate) => timingSafeEqual(digest(candidate), expected);
}

function create(dataDirectory: string): void {
  const path = adminKeyPath(dataDirectory);
  const draft = `${path}.${randomUUID()}`;
  const file = openSync(draft, 'wx', OWNER_ONLY);
  try {
    writeSync(file, `${generateKey()}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    // A link and not a rename: an existing key is never overwritten.
    linkSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  const directory = openSync(dataDirectory, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * The administrator's credential; makes the key at first start.
 * @throws Error naming the file when it holds no key
 */
export function openAdminCredential(
  dataDirectory: string,
  secret: Uint8Array,
  log: Log,
): Credential {
  const path = adminKeyPath(dataDirectory);
  if (!exists(path)) {
    create(dataDirectory);
    log.info({ path }, 'made the key of the administrator');
  }
  if ((statSync(path).mode & OTHERS) !== 0) {
    log.warn({ path }, 'the key of the administrator could be read by others; closed it');
    chmodSync(path, OWNER_ONLY);
  }
  const key = readAdminKey(dataDirectory);
  try {
    checkKeyStrength(key);
  } catch (cause) {
    throw new Error(`${path} holds no key; delete it and start again to have a new one made`, {
      cause,
    });
  }
  const { salt } = unknownCredential(secret, ADMIN_USER);
  return {
    known: true,
    merchant: null,
    role: 'admin',
    salt,
    iterations: SCRAM_ITERATIONS,
    keys: [{ name: FILE_NAME, ...makeVerifier(key, salt, SCRAM_ITERATIONS) }],
    suspended: false,
  };
}
