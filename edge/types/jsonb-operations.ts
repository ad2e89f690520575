/**
 * What operators do to jsonb values: look inside, compare containment, set, insert and delete. Values are never
 * changed in place.
 */
import { EdgeError } from '../errors.ts';
import type { JsonbValue } from './jsonb.ts';
import { compareJsonb, isJsonbArray, isJsonbObject, JsonNumber, jsonbObject } from './jsonb.ts';

/** undefined: there is nothing there (SQL NULL); null is JSON's null. */
export type Found = JsonbValue | undefined;

export function elementAt(value: JsonbValue, index: number): Found {
  if (!isJsonbArray(value)) return undefined;
  return value[index < 0 ? value.length + index : index];
}

export function fieldOf(value: JsonbValue, key: string): Found {
  return isJsonbObject(value) ? value.get(key) : undefined;
}

function arrayIndex(step: string): number | null {
  return /^\s*[+-]?\d+$/.test(step) && Math.abs(Number(step)) <= 2_147_483_647
    ? Number(step)
    : null;
}

/** #> : follows a path. */
export function valueAtPath(value: JsonbValue, path: readonly (string | null)[]): Found {
  let current: Found = value;
  for (const step of path) {
    if (step === null || current === undefined) return undefined;
    if (isJsonbArray(current)) {
      const index = arrayIndex(step);
      current = index === null ? undefined : elementAt(current, index);
    } else current = fieldOf(current, step);
  }
  return current;
}

function isScalar(value: JsonbValue): boolean {
  return !isJsonbArray(value) && !isJsonbObject(value);
}

function equal(left: JsonbValue, right: JsonbValue): boolean {
  return compareJsonb(left, right) === 0;
}

function containsWithin(outer: JsonbValue, inner: JsonbValue): boolean {
  if (isJsonbObject(outer) && isJsonbObject(inner)) {
    for (const [key, value] of inner) {
      const own = outer.get(key);
      if (own === undefined || !containsWithin(own, value)) return false;
    }
    return true;
  }
  if (isJsonbArray(outer) && isJsonbArray(inner)) {
    return inner.every((value) =>
      isScalar(value)
        ? outer.some((own) => isScalar(own) && equal(own, value))
        : outer.some((own) => containsWithin(own, value)),
    );
  }
  return isScalar(outer) && isScalar(inner) && equal(outer, inner);
}

/** @> : an array also contains a bare scalar. */
export function contains(outer: JsonbValue, inner: JsonbValue): boolean {
  if (isJsonbArray(outer) && isScalar(inner))
    return outer.some((own) => isScalar(own) && equal(own, inner));
  return containsWithin(outer, inner);
}

/** ? : a key, an array's string, or the string itself. */
export function hasKey(value: JsonbValue, key: string): boolean {
  if (isJsonbObject(value)) return value.has(key);
  return isJsonbArray(value) ? value.includes(key) : value === key;
}

/** || : objects merge, everything else is put into arrays. */
export function concatenate(left: JsonbValue, right: JsonbValue): JsonbValue {
  if (isJsonbObject(left) && isJsonbObject(right)) return jsonbObject([...left, ...right]);
  const a = isJsonbArray(left) ? left : [left];
  const b = isJsonbArray(right) ? right : [right];
  return [...a, ...b];
}

function invalidParameter(message: string): EdgeError {
  return new EdgeError('invalid_parameter_value', message);
}

/** - text, - text[]: keys of an object, strings of an array. @throws EdgeError 22023 */
export function deleteKeys(value: JsonbValue, keys: ReadonlySet<string>): JsonbValue {
  if (isJsonbObject(value)) return new Map([...value].filter(([key]) => !keys.has(key)));
  if (isJsonbArray(value))
    return value.filter((item) => typeof item !== 'string' || !keys.has(item));
  throw invalidParameter('cannot delete from scalar');
}

/** - integer. @throws EdgeError 22023 */
export function deleteElement(value: JsonbValue, index: number): JsonbValue {
  if (isJsonbObject(value)) throw invalidParameter('cannot delete from object using integer index');
  if (!isJsonbArray(value)) throw invalidParameter('cannot delete from scalar');
  const at = index < 0 ? value.length + index : index;
  return value.filter((_item, position) => position !== at);
}

/** What happens at the end of a path. */
export type PathAction =
  | { readonly kind: 'delete' }
  | { readonly kind: 'set'; readonly value: JsonbValue; readonly create: boolean }
  | { readonly kind: 'insert'; readonly value: JsonbValue; readonly after: boolean };

function stepIndex(step: string, depth: number): number {
  const index = arrayIndex(step);
  if (index === null) {
    throw new EdgeError(
      'invalid_text_representation',
      `path element at position ${depth + 1} is not an integer: "${step}"`,
    );
  }
  return index;
}

function actOnArray(
  value: readonly JsonbValue[],
  path: readonly string[],
  depth: number,
  action: PathAction,
): JsonbValue {
  const raw = stepIndex(path[depth] as string, depth);
  const last = depth === path.length - 1;
  const index = raw < 0 ? value.length + raw : raw;
  const inside = index >= 0 && index < value.length;
  if (!last) {
    if (!inside) return value;
    return value.map((item, position) =>
      position === index ? actOnPath(item, path, depth + 1, action) : item,
    );
  }
  if (action.kind === 'delete')
    return inside ? value.filter((_item, position) => position !== index) : value;
  if (action.kind === 'set' && inside)
    return value.map((item, position) => (position === index ? action.value : item));
  if (action.kind === 'set' && !action.create) return value;
  // Beyond the ends the value goes to that end.
  const place =
    index < 0
      ? 0
      : inside
        ? index + (action.kind === 'insert' && action.after ? 1 : 0)
        : value.length;
  return [...value.slice(0, place), action.value, ...value.slice(place)];
}

function actOnObject(
  value: ReadonlyMap<string, JsonbValue>,
  path: readonly string[],
  depth: number,
  action: PathAction,
): JsonbValue {
  const key = path[depth] as string;
  const own = value.get(key);
  if (depth < path.length - 1) {
    if (own === undefined) return value;
    return jsonbObject([...value, [key, actOnPath(own, path, depth + 1, action)]]);
  }
  if (action.kind === 'delete') return new Map([...value].filter(([name]) => name !== key));
  if (own !== undefined && action.kind === 'insert') {
    throw new EdgeError('invalid_parameter_value', 'cannot replace existing key', {
      hint: 'Try using the function jsonb_set to replace key value.',
    });
  }
  if (own === undefined && action.kind === 'set' && !action.create) return value;
  return jsonbObject([...value, [key, action.value]]);
}

function actOnPath(
  value: JsonbValue,
  path: readonly string[],
  depth: number,
  action: PathAction,
): JsonbValue {
  if (isJsonbArray(value)) return actOnArray(value, path, depth, action);
  return isJsonbObject(value) ? actOnObject(value, path, depth, action) : value;
}

/** jsonb_set, jsonb_insert, #-. @throws EdgeError 22023, 22P02 */
export function changeAtPath(
  value: JsonbValue,
  path: readonly (string | null)[],
  action: PathAction,
): JsonbValue {
  if (isScalar(value)) {
    throw invalidParameter(
      action.kind === 'delete' ? 'cannot delete path in scalar' : 'cannot set path in scalar',
    );
  }
  const missing = path.indexOf(null);
  if (missing >= 0) {
    throw new EdgeError(
      'null_value_not_allowed',
      `path element at position ${missing + 1} is null`,
    );
  }
  if (path.length === 0) return value;
  // In an empty container there is nothing to change, whatever the path says.
  const isEmpty = isJsonbArray(value)
    ? value.length === 0
    : isJsonbObject(value) && value.size === 0;
  if (isEmpty && (action.kind === 'delete' || (action.kind === 'set' && !action.create)))
    return value;
  return actOnPath(value, path as readonly string[], 0, action);
}

/** jsonb_strip_nulls: object fields that are null, at any depth. */
export function stripNulls(value: JsonbValue): JsonbValue {
  if (isJsonbArray(value)) return value.map(stripNulls);
  if (!isJsonbObject(value)) return value;
  return new Map(
    [...value]
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, stripNulls(item)] as const),
  );
}

/** jsonb_typeof's word. */
export function typeOf(value: JsonbValue): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  if (value instanceof JsonNumber) return 'number';
  return isJsonbArray(value) ? 'array' : 'object';
}
