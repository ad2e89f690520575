/**
 * json_agg, jsonb_agg, json_object_agg and jsonb_object_agg. The printer gives each value with its type's OID, because
 * the type decides its JSON.
 */
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { JsonbValue } from '../../types/jsonb.ts';
import { formatJsonb, jsonbObject, quoteJson } from '../../types/jsonb.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { AggregateFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { toJsonbValue, toJsonText } from '../../types/to-json.ts';
import { smallAt, typeSettings } from './define.ts';
import { objectKey } from './json-functions.ts';

interface Parts<T> {
  readonly items: T[];
  size: number;
}

function add<T>(parts: Parts<T>, item: T, size: number): void {
  parts.size += size + 2;
  if (parts.size > LIMITS.valueBytesMax) {
    throw new EdgeError('program_limit_exceeded', 'aggregated value is too large');
  }
  parts.items.push(item);
}

function aggregate<T>(
  name: string,
  argCount: number,
  step: (parts: Parts<T>, args: readonly SqlValue[], session: SessionValues) => void,
  finish: (items: readonly T[]) => string,
): AggregateFunction {
  return {
    name: `helios_${name}`,
    argCount,
    create: (): Parts<T> => ({ items: [], size: 0 }),
    step: (accumulator, args, session) => step(accumulator as Parts<T>, args, session),
    value: (accumulator) => {
      const { items } = accumulator as Parts<T>;
      return items.length === 0 ? null : finish(items);
    },
  };
}

function valueSize(value: SqlValue): number {
  return typeof value === 'string' ? value.length : 16;
}

/** Aggregates that make JSON. */
export const JSON_AGGREGATES: readonly AggregateFunction[] = [
  aggregate<string>(
    'json_agg',
    2,
    (parts, args, session) => {
      const text = toJsonText(smallAt(args, 0), args[1] ?? null, typeSettings(session));
      add(parts, text, text.length);
    },
    (items) => `[${items.join(', ')}]`,
  ),
  aggregate<JsonbValue>(
    'jsonb_agg',
    2,
    (parts, args, session) => {
      const value = args[1] ?? null;
      add(parts, toJsonbValue(smallAt(args, 0), value, typeSettings(session)), valueSize(value));
    },
    formatJsonb,
  ),
  aggregate<string>(
    'json_object_agg',
    4,
    (parts, args, session) => {
      if (args[1] === null)
        throw new EdgeError('invalid_parameter_value', 'field name must not be null');
      const settings = typeSettings(session);
      const key = quoteJson(objectKey(smallAt(args, 0), args[1] ?? null, settings, 1));
      const text = `${key} : ${toJsonText(smallAt(args, 2), args[3] ?? null, settings)}`;
      add(parts, text, text.length);
    },
    (items) => `{ ${items.join(', ')} }`,
  ),
  aggregate<readonly [string, JsonbValue]>(
    'jsonb_object_agg',
    4,
    (parts, args, session) => {
      if (args[1] === null)
        throw new EdgeError('invalid_parameter_value', 'field name must not be null');
      const settings = typeSettings(session);
      const key = objectKey(smallAt(args, 0), args[1] ?? null, settings, 1);
      const value = args[3] ?? null;
      add(
        parts,
        [key, toJsonbValue(smallAt(args, 2), value, settings)],
        key.length + valueSize(value),
      );
    },
    (items) => formatJsonb(jsonbObject(items)),
  ),
];
