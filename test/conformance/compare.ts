/**
 * Holds two servers' answers against each other: names, type OIDs, modifiers, values, tags, transaction
 * states, and every field of an error but source file and line. What the box refuses by name (0A000)
 * where PostgreSQL answers is `refused`; anything else that differs is `different`.
 *
 * A RowDescription or BindComplete that an error follows at once is not compared: whether PostgreSQL has
 * sent it by then depends on what its planner folded to a constant.
 */
import type { WireMessage } from '../support/wire-client.ts';

export type Verdict = 'same' | 'refused' | 'different';

/** Fields that tell where in PostgreSQL's own sources an error was raised, and the two localised copies. */
const SOURCE_FIELDS = new Set(['F', 'L', 'R', 'W', 'V']);

export function judge(
  box: readonly WireMessage[],
  reference: readonly WireMessage[],
): { readonly verdict: Verdict; readonly box: string; readonly reference: string } {
  const ours = answersOf(box).map(show).join('\n');
  const theirs = answersOf(reference).map(show).join('\n');
  if (ours === theirs) return { verdict: 'same', box: ours, reference: theirs };
  const refused = box.some(
    (message) => message.kind === 'error' && message.fields['C'] === '0A000',
  );
  return { verdict: refused ? 'refused' : 'different', box: ours, reference: theirs };
}

function answersOf(messages: readonly WireMessage[]): readonly WireMessage[] {
  return messages.filter((message, index) => {
    const announces =
      message.kind === 'row_description' || (message.kind === 'other' && message.letter === '2');
    return !announces || messages[index + 1]?.kind !== 'error';
  });
}

function show(message: WireMessage): string {
  switch (message.kind) {
    case 'row_description':
      return `columns ${message.fields
        .map(
          (field) =>
            `${field.name}:${field.typeOid}/${field.typeLength}/${field.typeModifier}/${field.format}`,
        )
        .join(' ')}`;
    case 'data_row':
      return `row ${message.values.map(showValue).join(' | ')}`;
    case 'complete':
      return `complete ${message.tag}`;
    case 'error':
    case 'notice':
      return `${message.kind} ${showFields(message.fields)}`;
    case 'ready':
      return `ready ${message.status}`;
    case 'parameter_description':
      return `parameters ${message.oids.join(' ')}`;
    case 'parameter_status':
      return `status ${message.name}=${message.value}`;
    case 'key':
    case 'authentication':
      return message.kind;
    case 'other':
      return `message ${message.letter}`;
  }
}

function showFields(fields: Readonly<Record<string, string>>): string {
  return Object.keys(fields)
    .filter((name) => !SOURCE_FIELDS.has(name))
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join(' ');
}

function showValue(value: Buffer | null): string {
  if (value === null) return 'NULL';
  const text = value.toString('utf8');
  return /^[^\0-\u0009\u000b-\u001f]*$/.test(text) ? text : value.toString('hex');
}
