/**
 * `helios-edge version`: what this build is. The versions of the compiled parts are asked of the parts
 * themselves; that costs a tenth of a second, which no other command pays.
 */

import { OperationError } from '../admin/operations.ts';
import { type AssetName, embeddedAsset } from '../assets.ts';
import { createWasmInstance } from '../engine/sqlite/wasm-instance.ts';
import { installedWasmBinary } from '../engine/wasm-binary.ts';
import { loadGrammar } from '../sql/parse/grammar.ts';
import { COMMIT, LIBPG_QUERY, VERSION } from '../version.ts';
import { parseWords, print, report, UsageError } from './command.ts';

const OPTIONS = {
  json: { type: 'boolean', default: false },
  sbom: { type: 'boolean', default: false },
  licenses: { type: 'boolean', default: false },
} as const;

export async function version(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError(`version takes no "${positionals[0]}"`);
  if (values.sbom) return paper('sbom.cdx.json');
  if (values.licenses) return paper('licences.txt');
  const parts = {
    version: VERSION,
    commit: COMMIT,
    node: process.versions.node,
    v8: process.versions.v8,
    openssl: process.versions.openssl,
    platform: `${process.platform}-${process.arch}`,
    sqlite: await sqliteVersion(),
    grammar: await grammarVersion(),
    libpgQuery: LIBPG_QUERY,
  };
  report(values.json, parts, () => [
    `helios-edge ${VERSION} (${COMMIT})`,
    `node ${parts.node}, ${parts.platform}, OpenSSL ${parts.openssl}, V8 ${parts.v8}`,
    `SQLite ${parts.sqlite}, WebAssembly`,
    `PostgreSQL ${parts.grammar} grammar, libpg-query ${parts.libpgQuery}`,
  ]);
  return 0;
}

/** sqlite3_libversion() of the module that the engine runs. */
async function sqliteVersion(): Promise<string> {
  const bytes = embeddedAsset('sqlite3.wasm') ?? installedWasmBinary();
  const { libraryVersion } = await createWasmInstance(bytes, () => undefined);
  return libraryVersion;
}

async function grammarVersion(): Promise<string> {
  return (await loadGrammar(embeddedAsset('libpg-query.wasm'))).postgresVersion();
}

function paper(name: AssetName): number {
  const bytes = embeddedAsset(name);
  if (bytes === undefined) {
    throw new OperationError('a checkout has no papers: build the executable and ask that');
  }
  print(new TextDecoder().decode(bytes).trimEnd());
  return 0;
}
