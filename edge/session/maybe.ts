/**
 * Answers that are often there at once. The hot path (a prepared read that fits its budget) makes no
 * promise at all: each would cost a turn of the microtask queue, and there are several in a statement.
 */

/** A value, or the promise of one. */
export type Maybe<T> = T | Promise<T>;

/** Goes on with the value: at once where it is there. (Not `then`: a module with that export is taken for a promise.) */
export function after<T, U>(value: Maybe<T>, goOn: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

/** Runs; an error, thrown now or later, goes to the handler. */
export function attempt<T>(run: () => Maybe<T>, handle: (error: unknown) => Maybe<T>): Maybe<T> {
  try {
    const value = run();
    return value instanceof Promise ? value.catch(handle) : value;
  } catch (error) {
    return handle(error);
  }
}
