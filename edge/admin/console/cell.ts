/**
 * The smallest store that the page needs: one value, its watchers, and a hook that draws again when it changes.
 */
import { useEffect, useState } from 'preact/hooks';

export class Cell<T> {
  readonly #watchers = new Set<() => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of this.#watchers) watcher();
  }

  /** Returns the way to stop watching. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

export function useCell<T>(cell: Cell<T>): T {
  const [, draw] = useState(0);
  useEffect(() => {
    const redraw = (): void => draw((count) => count + 1);
    // What changed between the first drawing and this effect must not be missed.
    redraw();
    return cell.watch(redraw);
  }, [cell]);
  return cell.value;
}
