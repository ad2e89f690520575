/**
 * What the box said last about one thing, asked again while somebody looks at it.
 *
 * A failed request leaves the last answer in place: the page shows the last known state, and says how old it
 * is. Nothing is asked while the page is hidden or nobody is logged in.
 */
import { useEffect, useState } from 'preact/hooks';
import { Cell, useCell } from './cell.ts';
import { link, session } from './link.ts';
import { faultText, Refused, Unanswered } from './request.ts';

export interface Known<T> {
  readonly value: T | undefined;
  /** This device's clock. */
  readonly atMs: number | undefined;
  /** Why the last try gave nothing, in the box's words. */
  readonly fault: string | null;
  /** The box has no such part. */
  readonly isAbsent: boolean;
}

const RETRY_MS = 2_000;
const NOTHING = { value: undefined, atMs: undefined, fault: null, isAbsent: false } as const;

const resources = new Set<Resource<unknown>>();

export class Resource<T> {
  readonly known: Cell<Known<T>>;
  readonly #load: () => Promise<T>;
  readonly #everyMs: number;
  #watchers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;

  constructor(load: () => Promise<T>, everyMs: number) {
    this.#load = load;
    this.#everyMs = everyMs;
    this.known = new Cell<Known<T>>(NOTHING);
    resources.add(this);
  }

  /** Asks now and then until the returned function is called. */
  keepFresh(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) void this.refresh();
    return () => {
      this.#watchers -= 1;
      if (this.#watchers === 0) clearTimeout(this.#timer);
    };
  }

  get isWatched(): boolean {
    return this.#watchers > 0;
  }

  /** Asks at once, whatever the timer says. Never fails. */
  async refresh(): Promise<void> {
    if (this.#isAsking) return;
    clearTimeout(this.#timer);
    if (!document.hidden && session.value !== 'out') {
      this.#isAsking = true;
      await this.#ask();
      this.#isAsking = false;
    }
    // What this box does not have will not come before the page is loaded anew.
    if (this.#watchers === 0 || this.known.value.isAbsent) return;
    const pauseMs = link.value.isUp === false ? RETRY_MS : this.#everyMs;
    this.#timer = setTimeout(() => void this.refresh(), pauseMs);
  }

  async #ask(): Promise<void> {
    try {
      const value = await this.#load();
      this.known.set({ value, atMs: Date.now(), fault: null, isAbsent: false });
    } catch (error) {
      const { value, atMs } = this.known.value;
      const isAbsent = error instanceof Refused && error.isAbsent;
      const fault = error instanceof Unanswered ? null : faultText(error);
      this.known.set({ value, atMs, fault, isAbsent });
    }
  }
}

export function useResource<T>(resource: Resource<T>): Known<T> {
  useEffect(() => resource.keepFresh(), [resource]);
  return useCell(resource.known);
}

export function refreshWatched(): void {
  for (const resource of resources) if (resource.isWatched) void resource.refresh();
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refreshWatched();
});

/** When the box answers again, or a login succeeded, everything on the page is asked at once. */
export function refreshOnReturn(): void {
  let wasUp = link.value.isUp;
  link.watch(() => {
    const { isUp } = link.value;
    if (isUp === true && wasUp === false) refreshWatched();
    wasUp = isUp;
  });
}

const TICK_MS = 1_000;

/** This device's clock, drawn again every second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
