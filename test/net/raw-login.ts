/**
 * Logs a raw client in: SCRAM without TLS, spoken byte by byte.
 */
import { ScramClient } from '../auth/scram-client.ts';
import { type BackendMessage, backendMessages, i32, message, startup, z } from '../wire/bytes.ts';
import { KEY, RawClient } from './box.ts';

const AUTH_SASL_CONTINUE = 11;

/** Whole messages heard so far; what is cut at the end is left out. */
export function messagesOf(heard: Buffer): BackendMessage[] {
  let end = 0;
  while (end + 5 <= heard.length && end + 1 + heard.readInt32BE(end + 1) <= heard.length) {
    end += 1 + heard.readInt32BE(end + 1);
  }
  return backendMessages(heard.subarray(0, end));
}

export const letters = (heard: Buffer): string =>
  messagesOf(heard)
    .map((one) => one.letter)
    .join('');

export const saslInitial = (mechanism: string, data: Uint8Array): Buffer =>
  message('p', z(mechanism), i32(data.length), data);

export interface RawLoginOptions {
  readonly user?: string;
  readonly database?: string;
  readonly key?: string;
  readonly minor?: number;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Says everything up to the proof; what the box answers to it is the test's business. */
export async function prove(client: RawClient, options: RawLoginOptions = {}): Promise<void> {
  const { user = 'acme', database = 'pos', key = KEY, minor = 0, parameters = {} } = options;
  client.say(startup({ user, database, ...parameters }, minor));
  const scram = new ScramClient(key);
  await client.until((heard) => letters(heard).endsWith('R'));
  client.say(saslInitial('SCRAM-SHA-256', scram.first()));
  const isContinue = (one: BackendMessage): boolean =>
    one.letter === 'R' && one.body.readInt32BE(0) === AUTH_SASL_CONTINUE;
  const heard = await client.until((bytes) => messagesOf(bytes).some(isContinue));
  const challenge = messagesOf(heard).find(isContinue);
  client.say(message('p', scram.final(challenge?.body.subarray(4) ?? Buffer.alloc(0))));
}

/** A client that is ready for its first query; what it heard so far is returned and forgotten. */
export async function loggedIn(
  port: number,
  options: RawLoginOptions = {},
): Promise<{ readonly client: RawClient; readonly greeting: BackendMessage[] }> {
  const client = RawClient.to(port);
  await prove(client, options);
  const heard = await client.until((bytes) => letters(bytes).endsWith('Z'));
  client.forget();
  return { client, greeting: messagesOf(heard) };
}
