/**
 * Plans by query text, shared by all sessions: twenty or ten thousand merchants cost the same, because
 * no merchant is part of a text. A plan belongs to one catalog *object*: a version number alone could be
 * used twice, by DDL that was rolled back.
 *
 * Two generations stand in for a list in order of use: what is found in the old one moves to the young one,
 * and when the young one is full it becomes the old one. A hit costs one or two look-ups, no reordering.
 */
import { LIMITS } from '../limits.ts';
import type { Catalog } from '../sql/catalog/model.ts';
import type { ParsedStatement, Plan } from '../sql/plan.ts';

/** One statement, analysed under one catalog. */
export interface CachedPlan {
  /** null for an empty text. */
  readonly parsed: ParsedStatement | null;
  readonly plan: Plan;
  readonly catalog: Catalog;
}

export type PlanRole = 'merchant' | 'admin';

/** A bounded map that keeps what is used. */
export class Generations<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, entry: Value): void {
    if (this.#young.size >= this.#entriesMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, entry);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}

export class PlanCache {
  readonly #plans: Readonly<Record<PlanRole, Generations<CachedPlan>>>;

  constructor(entriesMax: number = LIMITS.planCacheEntriesMax) {
    // Two roles with two generations each.
    const each = Math.max(1, Math.floor(entriesMax / 4));
    this.#plans = { merchant: new Generations(each), admin: new Generations(each) };
  }

  /** The plan of this text, or null when it is not known or was made under another catalog. */
  find(
    role: PlanRole,
    text: string,
    parameterTypes: readonly number[],
    catalog: Catalog,
  ): CachedPlan | null {
    const key = keyOf(text, parameterTypes);
    const found = this.#plans[role].get(key);
    if (found === undefined) return null;
    if (found.catalog === catalog) return found;
    this.#plans[role].delete(key);
    return null;
  }

  add(role: PlanRole, text: string, parameterTypes: readonly number[], entry: CachedPlan): void {
    if (text.length > LIMITS.planCacheTextBytesMax) return;
    this.#plans[role].set(keyOf(text, parameterTypes), entry);
  }

  get size(): number {
    return this.#plans.merchant.size + this.#plans.admin.size;
  }
}

function keyOf(text: string, parameterTypes: readonly number[]): string {
  // No query text contains a zero, so the two parts cannot run into each other.
  return parameterTypes.length === 0 ? text : `${parameterTypes.join()}\0${text}`;
}
