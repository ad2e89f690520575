/**
 * Which operator or function a call means, by PostgreSQL's rules: an exact match of types, then the
 * candidates that implicit casts reach, then fewest conversions, preferred types, and guesses for
 * literals without a type.
 *
 * @see https://www.postgresql.org/docs/current/typeconv-oper.html
 * @see https://www.postgresql.org/docs/current/typeconv-func.html
 */
import { OID } from '../../types/oids.ts';
import { isArrayType, typeByOid } from '../../types/type-info.ts';
import { findCast, type Signature } from '../functions/signatures.ts';

/** A signature with its pseudo-types settled for one call. */
export interface Resolved {
  readonly signature: Signature;
  readonly args: readonly number[];
  readonly result: number;
}

export type Resolution = Resolved | 'none' | 'ambiguous';

/** True where an implicit cast leads from one type to the other. */
export function canCoerceImplicitly(from: number, to: number): boolean {
  if (from === to || from === OID.unknown || to === OID.any) return true;
  return findCast(from, to)?.context === 'implicit';
}

function isPolymorphic(oid: number): boolean {
  return oid === OID.anyelement || oid === OID.anyarray || oid === OID.anynonarray;
}

function declaredArgs(signature: Signature, count: number): readonly number[] | null {
  if (signature.variadic === 0) return signature.args.length === count ? signature.args : null;
  const extra = count - signature.args.length;
  if (extra < 1) return null;
  return [...signature.args, ...new Array<number>(extra).fill(signature.variadic)];
}

/** What PostgreSQL declares over anycompatible: the arguments are brought to one type instead of sharing it. */
const COMPATIBLE: ReadonlySet<string> = new Set([
  'lag',
  'lead',
  'array_append',
  'array_prepend',
  'array_cat',
  'array_remove',
  'array_replace',
  'array_position',
  'array_positions',
  '||',
]);

/** Element type that polymorphic arguments agree on; 0: none is known; -1: they disagree. */
function polymorphicElement(
  signature: Signature,
  declared: readonly number[],
  actual: readonly number[],
): number {
  const elements: number[] = [];
  for (const [index, oid] of declared.entries()) {
    const given = actual[index] ?? 0;
    if (!isPolymorphic(oid) || given === OID.unknown) continue;
    const own = oid === OID.anyarray ? (typeByOid(given)?.elementOid ?? 0) : given;
    if (oid === OID.anyarray && !isArrayType(given)) return -1;
    if (oid === OID.anynonarray && isArrayType(given)) return -1;
    elements.push(own);
  }
  const [first = 0] = elements;
  if (elements.every((oid) => oid === first)) return first;
  if (!COMPATIBLE.has(signature.name)) return -1;
  const common = commonType(elements);
  return typeof common === 'number' ? common : -1;
}

function settlePolymorphic(oid: number, element: number): number {
  if (oid === OID.anyarray) return typeByOid(element)?.arrayOid ?? 0;
  return isPolymorphic(oid) ? element : oid;
}

function settle(signature: Signature, actual: readonly number[]): Resolved | null {
  const declared = declaredArgs(signature, actual.length);
  if (declared === null) return null;
  let element = polymorphicElement(signature, declared, actual);
  if (element === -1) return null;
  // PostgreSQL refuses an all-unknown polymorphic call; text is what its literals would become.
  if (element === 0 && declared.some(isPolymorphic)) element = OID.text;
  return {
    signature,
    args: declared.map((oid) => settlePolymorphic(oid, element)),
    result: settlePolymorphic(signature.result, element),
  };
}

interface Candidate {
  readonly signature: Signature;
  readonly args: readonly number[];
}

function candidatesFor(
  signatures: readonly Signature[],
  actual: readonly number[],
): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const signature of signatures) {
    const args = declaredArgs(signature, actual.length);
    if (args === null || polymorphicElement(signature, args, actual) === -1) continue;
    const fits = args.every((oid, index) => {
      const given = actual[index] ?? 0;
      return isPolymorphic(oid) || canCoerceImplicitly(given, oid);
    });
    if (fits) found.push({ signature, args });
  }
  return found;
}

function keepBest(
  candidates: readonly Candidate[],
  score: (candidate: Candidate) => number,
): readonly Candidate[] {
  let best = -1;
  let kept: Candidate[] = [];
  for (const candidate of candidates) {
    const points = score(candidate);
    if (points > best) {
      best = points;
      kept = [candidate];
    } else if (points === best) kept.push(candidate);
  }
  return kept;
}

function category(oid: number): string {
  return typeByOid(oid)?.category ?? 'X';
}

function isPreferred(oid: number): boolean {
  return typeByOid(oid)?.preferred ?? false;
}

interface Slot {
  category: string;
  preferred: boolean;
}

/** The category that a literal without type is taken to have, or null where candidates conflict. */
function unknownSlot(candidates: readonly Candidate[], index: number): Slot | null {
  let slot: Slot | null = null;
  let conflict = false;
  for (const candidate of candidates) {
    const oid = candidate.args[index] ?? 0;
    const own = category(oid);
    if (slot === null) slot = { category: own, preferred: isPreferred(oid) };
    else if (own === slot.category) slot.preferred ||= isPreferred(oid);
    else if (own === 'S') slot = { category: own, preferred: isPreferred(oid) };
    else conflict = true;
  }
  return conflict && slot?.category !== 'S' ? null : slot;
}

function byUnknownCategories(
  candidates: readonly Candidate[],
  unknowns: readonly number[],
): readonly Candidate[] {
  const slots = new Map<number, Slot>();
  for (const index of unknowns) {
    const slot = unknownSlot(candidates, index);
    if (slot === null) return candidates;
    slots.set(index, slot);
  }
  const kept = candidates.filter((candidate) =>
    [...slots].every(([index, slot]) => {
      const oid = candidate.args[index] ?? 0;
      return category(oid) === slot.category && (!slot.preferred || isPreferred(oid));
    }),
  );
  return kept.length > 0 ? kept : candidates;
}

function bySharedKnownType(
  candidates: readonly Candidate[],
  actual: readonly number[],
): readonly Candidate[] {
  const known = new Set(actual.filter((oid) => oid !== OID.unknown));
  const [type] = known;
  if (known.size !== 1 || type === undefined) return candidates;
  return candidates.filter((candidate) =>
    candidate.args.every((oid) => isPolymorphic(oid) || canCoerceImplicitly(type, oid)),
  );
}

/** PostgreSQL's func_select_candidate: the one best candidate, or null. */
function selectCandidate(all: readonly Candidate[], actual: readonly number[]): Candidate | null {
  const known = actual.map((oid, index) => ({ oid, index })).filter((a) => a.oid !== OID.unknown);
  let candidates = keepBest(
    all,
    (candidate) => known.filter((a) => candidate.args[a.index] === a.oid).length,
  );
  if (candidates.length === 1) return candidates[0] ?? null;
  candidates = keepBest(
    candidates,
    (candidate) =>
      known.filter((a) => {
        const oid = candidate.args[a.index] ?? 0;
        return oid === a.oid || (isPreferred(oid) && category(oid) === category(a.oid));
      }).length,
  );
  if (candidates.length === 1) return candidates[0] ?? null;
  const unknowns = actual.flatMap((oid, index) => (oid === OID.unknown ? [index] : []));
  if (unknowns.length === 0) return null;
  candidates = byUnknownCategories(candidates, unknowns);
  if (candidates.length === 1) return candidates[0] ?? null;
  if (known.length === 0) return null;
  candidates = bySharedKnownType(candidates, actual);
  return candidates.length === 1 ? (candidates[0] ?? null) : null;
}

function exactMatch(signatures: readonly Signature[], actual: readonly number[]): Resolved | null {
  for (const signature of signatures) {
    if (signature.variadic !== 0 || signature.args.length !== actual.length) continue;
    if (signature.args.every((oid, index) => oid === actual[index]))
      return settle(signature, actual);
  }
  return null;
}

function pick(signatures: readonly Signature[], actual: readonly number[]): Resolution {
  const candidates = candidatesFor(signatures, actual);
  if (candidates.length === 0) return 'none';
  const chosen =
    candidates.length === 1 ? (candidates[0] ?? null) : selectCandidate(candidates, actual);
  if (chosen === null) return 'ambiguous';
  return settle(chosen.signature, actual) ?? 'none';
}

/** The operator for these operand types (one: prefix, two: infix). */
export function resolveOperator(
  signatures: readonly Signature[],
  actual: readonly number[],
): Resolution {
  const [left = 0, right = 0] = actual;
  const fitting = signatures.filter((signature) => signature.args.length === actual.length);
  if (actual.length === 2 && (left === OID.unknown) !== (right === OID.unknown)) {
    // A literal beside a typed operand is first taken to have the same type.
    const same = left === OID.unknown ? right : left;
    const assumed = exactMatch(fitting, [same, same]);
    if (assumed !== null) return assumed;
  }
  return exactMatch(fitting, actual) ?? pick(fitting, actual);
}

/** The function for these argument types. */
export function resolveFunction(
  signatures: readonly Signature[],
  actual: readonly number[],
): Resolution {
  return exactMatch(signatures, actual) ?? pick(signatures, actual);
}

/** The outcome of bringing several expressions to one type. */
export type CommonType = number | { readonly left: number; readonly right: number };

/** PostgreSQL's select_common_type: one type for CASE, UNION, VALUES...; a pair where two cannot meet. */
export function commonType(types: readonly number[]): CommonType {
  let chosen = OID.unknown as number;
  for (const oid of types) {
    if (oid === OID.unknown || oid === chosen) continue;
    if (chosen === OID.unknown) {
      chosen = oid;
      continue;
    }
    if (category(oid) !== category(chosen)) return { left: chosen, right: oid };
    if (
      !isPreferred(chosen) &&
      canCoerceImplicitly(chosen, oid) &&
      !canCoerceImplicitly(oid, chosen)
    ) {
      chosen = oid;
    }
  }
  return chosen === OID.unknown ? OID.text : chosen;
}
