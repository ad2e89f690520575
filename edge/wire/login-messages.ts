/**
 * The client's messages during login. All have type byte `p`; what is inside depends on what the server
 * asked for.
 *
 * @see https://www.postgresql.org/docs/current/sasl-authentication.html
 */
import { LIMITS } from '../limits.ts';
import { BodyReader, violation } from './body-reader.ts';
import { FRONTEND } from './frontend.ts';

export interface SaslInitialResponse {
  readonly mechanism: string;
  readonly data: Uint8Array;
}

/** Frame cap during login: only `p`. */
export function loginFrameCap(type: number): number {
  return type === FRONTEND.password ? LIMITS.startupFrameBytesMax : 0;
}

/** @throws EdgeError 08P01, 22021 */
export function parseSaslInitialResponse(body: Uint8Array): SaslInitialResponse {
  const reader = new BodyReader(body);
  const mechanism = reader.string();
  const length = reader.int32();
  // -1: the client leaves the first word to us. SCRAM has none; it then gets the empty-message complaint.
  const data = length === -1 ? new Uint8Array(0) : reader.bytes(length);
  reader.end();
  return { mechanism, data };
}

/** @throws EdgeError 08P01, 22021 */
export function parsePasswordMessage(body: Uint8Array): string {
  // PostgreSQL wants the zero to be the last byte: nothing may hide behind it.
  const isWhole = body.length > 0 && body.indexOf(0) === body.length - 1;
  if (!isWhole) throw violation('invalid password packet size');
  return new BodyReader(body).string();
}
