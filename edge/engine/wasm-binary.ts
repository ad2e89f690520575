/**
 * Where the bytes of SQLite's WASM module come from. A checkout reads them beside the package; the
 * single executable has no file beside it and hands the bytes in (`EngineOptions.wasmBinary`). Nothing
 * else in the engine knows which of the two it was.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Reads the module's bytes from the installed package; not for the bundled executable. */
export function installedWasmBinary(): Uint8Array {
  const require = createRequire(import.meta.url);
  return new Uint8Array(readFileSync(require.resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm')));
}
