/**
 * Names that PostgreSQL makes up for constraints, indexes and sequences, cut to 63 bytes exactly as it cuts
 * them, because clients know them (`sales_pkey`) and ORMs compute them.
 *
 * @see PostgreSQL's makeObjectName and ChooseRelationName (src/backend/commands/indexcmds.c)
 */
import { Buffer } from 'node:buffer';
import { LIMITS } from '../../limits.ts';

/** The longest prefix of at most that many bytes, whole characters only. */
export function clipBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let clipped = '';
  let length = 0;
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    clipped += character;
  }
  return clipped;
}

/** `first_second_label`, the longer of the two names cut first. */
export function makeObjectName(first: string, second: string | null, label: string): string {
  const overhead = 1 + Buffer.byteLength(label) + (second === null ? 0 : 1);
  const available = LIMITS.identifierBytesMax - overhead;
  let firstBytes = Buffer.byteLength(first);
  let secondBytes = second === null ? 0 : Buffer.byteLength(second);
  while (firstBytes + secondBytes > available) {
    if (firstBytes > secondBytes) firstBytes -= 1;
    else secondBytes -= 1;
  }
  const parts = [clipBytes(first, firstBytes)];
  if (second !== null) parts.push(clipBytes(second, secondBytes));
  parts.push(label);
  return parts.join('_');
}

/** The first of `…_label`, `…_label1`, `…_label2` that is not taken. */
export function chooseName(
  first: string,
  second: string | null,
  label: string,
  taken: (name: string) => boolean,
): string {
  for (let pass = 0; ; pass += 1) {
    const name = makeObjectName(first, second, pass === 0 ? label : `${label}${pass}`);
    if (!taken(name)) return name;
  }
}

/** Column names joined for a made-up name. */
export function joinColumnNames(columns: readonly string[]): string {
  return clipBytes(columns.join('_'), LIMITS.identifierBytesMax);
}
