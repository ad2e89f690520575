/**
 * PostgreSQL's own grammar (libpg-query, WASM): text in, raw parse tree or syntax error out. It talks to
 * the Emscripten module itself instead of the package's wrapper, because the bytes of the WASM file must
 * be suppliable (one executable has no files beside it), and because a text nested so deep that it
 * overflows the WASM stack may leave the instance in pieces: such an instance is thrown away.
 *
 * It does not promise anything about meaning; that is the analyser's business.
 */
import createModule, { type PgQueryModule } from 'libpg-query/wasm/libpg-query.js';
import { EdgeError } from '../../errors.ts';
import { untiered } from './untiered.ts';

/** One token as the scanner saw it; offsets are bytes. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokenName: string;
  readonly keywordName: string;
}

/** A statement of the raw tree; offsets are bytes, 0 where absent. */
export interface RawStatement {
  readonly stmt?: Record<string, unknown>;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
}

export interface Grammar {
  /** @throws EdgeError 42601 with position; 54001 when nested too deep */
  parse(text: string): readonly RawStatement[];
  /** @throws EdgeError as `parse` does */
  scan(text: string): readonly Token[];
  /** PostgreSQL's version whose grammar it is, `18.4`. */
  postgresVersion(): string;
}

/** The parse tree as the library prints it. */
interface ParseTree {
  readonly version?: number;
  readonly stmts?: readonly RawStatement[];
}

/** PostgreSQL's numeric version: 180004 is 18.4. */
const MAJOR_VERSION = 10_000;
const POINTER_BYTES = 4;

/** The little of WebAssembly's JavaScript interface that is used: the compiler's libraries name types only. */
interface WasmInterface {
  compile(bytes: Uint8Array): Promise<WebAssembly.Module>;
  readonly Instance: new (module: WebAssembly.Module, imports: object) => object;
  readonly RuntimeError: new () => Error;
}

const wasm = (globalThis as unknown as { readonly WebAssembly: WasmInterface }).WebAssembly;

function tooDeep(): EdgeError {
  return new EdgeError('statement_too_complex', 'stack depth limit exceeded', {
    hint: 'The statement is nested too deep for this box.',
  });
}

/** The scanner and the grammar raise a handful of other conditions; the library drops their codes. */
function grammarError(message: string, position: number): EdgeError {
  if (message.startsWith('memory exhausted')) return tooDeep();
  const fields = position > 0 ? { position } : {};
  if (/^frame (start|end)/.test(message)) return new EdgeError('windowing_error', message, fields);
  if (message.startsWith('LIMIT #,# syntax')) {
    return new EdgeError('syntax_error', message, {
      ...fields,
      hint: 'Use separate LIMIT and OFFSET clauses.',
    });
  }
  if (/not (yet )?(supported|implemented)/.test(message)) {
    return new EdgeError('feature_not_supported', message, fields);
  }
  if (/^invalid Unicode (escape|surrogate)|^conflicting or redundant/.test(message)) {
    return new EdgeError('syntax_error', message, fields);
  }
  if (message.startsWith('invalid byte sequence for encoding')) {
    return new EdgeError('character_not_in_repertoire', message, fields);
  }
  return new EdgeError('syntax_error', message, fields);
}

/** Makes a fresh instance of the module. */
type Instantiate = () => Promise<PgQueryModule>;

class LibpgQueryGrammar implements Grammar {
  readonly #instantiate: Instantiate;
  #module: PgQueryModule;

  constructor(instantiate: Instantiate, module: PgQueryModule) {
    this.#instantiate = instantiate;
    this.#module = module;
  }

  parse(text: string): readonly RawStatement[] {
    return this.#tree(text).stmts ?? [];
  }

  postgresVersion(): string {
    const version = this.#tree(';').version ?? 0;
    return `${Math.floor(version / MAJOR_VERSION)}.${version % MAJOR_VERSION}`;
  }

  #tree(text: string): ParseTree {
    return this.#withText(text, (module, query) => {
      const result = module._wasm_parse_query_raw(query);
      if (result === 0) throw new EdgeError('out_of_memory', 'out of memory');
      try {
        const error = module.getValue(result + 2 * POINTER_BYTES, 'i32');
        if (error !== 0) {
          const message = module.UTF8ToString(module.getValue(error, 'i32'));
          // 1-based characters already, as PostgreSQL reports it.
          throw grammarError(message, module.getValue(error + 4 * POINTER_BYTES, 'i32'));
        }
        const json = module.UTF8ToString(module.getValue(result, 'i32'));
        return JSON.parse(json) as ParseTree;
      } finally {
        module._wasm_free_parse_result(result);
      }
    });
  }

  scan(text: string): readonly Token[] {
    return this.#withText(text, (module, query) => {
      const result = module._wasm_scan(query);
      try {
        const json = module.UTF8ToString(result);
        if (!json.startsWith('{')) throw grammarError(json, 0);
        return (JSON.parse(json) as { tokens?: Token[] }).tokens ?? [];
      } finally {
        module._wasm_free_string(result);
      }
    });
  }

  #withText<Result>(text: string, use: (module: PgQueryModule, query: number) => Result): Result {
    const module = this.#module;
    try {
      const bytes = module.lengthBytesUTF8(text) + 1;
      const query = module._malloc(bytes);
      try {
        module.stringToUTF8(text, query, bytes);
        return use(module, query);
      } finally {
        module._free(query);
      }
    } catch (error) {
      if (error instanceof EdgeError) throw error;
      if (error instanceof RangeError || error instanceof wasm.RuntimeError) {
        this.#replace();
        throw tooDeep();
      }
      throw error;
    }
  }

  /** The instance's stack was cut off in the middle: a fresh one takes its place as soon as it is made. */
  #replace(): void {
    this.#instantiate().then(
      (module) => {
        this.#module = module;
      },
      () => {},
    );
  }
}

/** Instances from these bytes, compiled once. */
async function fromBytes(bytes: Uint8Array): Promise<Instantiate> {
  const compiled = await wasm.compile(bytes);
  return () =>
    createModule({
      instantiateWasm: (imports, done) => {
        done(new wasm.Instance(compiled, imports), compiled);
        return {};
      },
    });
}

/** @param wasmBinary bytes of libpg-query.wasm; undefined: the module reads the file beside it */
export async function loadGrammar(wasmBinary?: Uint8Array): Promise<Grammar> {
  const instantiate: Instantiate =
    wasmBinary === undefined ? () => createModule() : await fromBytes(wasmBinary);
  const grammar = new LibpgQueryGrammar(instantiate, await instantiate());
  untiered(() => grammar.parse(';'));
  return grammar;
}
