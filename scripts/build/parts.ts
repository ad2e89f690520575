/**
 * What is inside a release, part by part, with licence: the packages of npm's tree, and the programs that
 * came compiled (Node and what it is linked with, SQLite, PostgreSQL's grammar, PGlite's PostgreSQL).
 *
 * Versions of compiled programs are asked of the programs themselves, not written down here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { directPackages, type LockedPackage, productionPackages, ROOT } from './lock.ts';
import type { Arch } from './node-runtime.ts';

export interface Part {
  /** Unique, and stable from build to build. */
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  /** `pkg:…`, how vulnerability databases name it. */
  readonly purl: string;
  /** SPDX id; empty where one file names several. */
  readonly licence: string;
  readonly description: string;
  /** sha512 in hex, of the archive that npm fetched. */
  readonly sha512: string;
  readonly needs: readonly string[];
  /** The licence's text; empty: it is within the text of the part that contains this one. */
  readonly licenceText: string;
}

const LICENCES = join(import.meta.dirname, 'licences');
const LICENCE_FILE = /^(licen[cs]e|copying|notice|copyrightnotice)/i;
/** Two packages ship the code of a program whose licence their own file does not name. */
const APACHE_TEXT = 'node_modules/@electric-sql/pglite/LICENSE';

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8').trim();
}

function kept(name: string): string {
  return readFileSync(join(LICENCES, name), 'utf8').trim();
}

/** The licence files of a package, or the licence chapter of its README, or the text that it names. */
export function licenceTextOf(part: Pick<LockedPackage, 'path' | 'name' | 'licence'>): string {
  const files = readdirSync(join(ROOT, part.path)).sort();
  const texts = files
    .filter((name) => LICENCE_FILE.test(name))
    .map((name) => `${part.path}/${name}`);
  if (texts.length > 0) return texts.map(read).join('\n\n');
  const readme = files.find((name) => /^readme/i.test(name));
  const chapter = readme === undefined ? null : licenceChapter(read(`${part.path}/${readme}`));
  if (chapter !== null) return chapter;
  if (part.licence === 'MIT') return `Copyright (c) ${authorOf(part)}\n\n${kept('mit.txt')}`;
  if (part.licence === 'Apache-2.0') return read(APACHE_TEXT);
  throw new Error(`${part.path} has no licence text: add one to scripts/build/licences`);
}

function licenceChapter(readme: string): string | null {
  const from = readme.search(/^#+ *licen[cs]e/im);
  const chapter = from < 0 ? '' : readme.slice(from).replace(/^#.*\n/, '');
  return chapter.includes('Permission is hereby granted') ? chapter.trim() : null;
}

function authorOf({ path, name }: Pick<LockedPackage, 'path' | 'name'>): string {
  const { author } = JSON.parse(read(`${path}/package.json`)) as {
    author?: string | { readonly name?: string };
  };
  const named = typeof author === 'string' ? author : author?.name;
  return named ?? `the authors of ${name}`;
}

function npmPart(found: LockedPackage): Part {
  const { name, version, path, licence, integrity, needs } = found;
  return {
    ref: `npm:${path.replaceAll('node_modules/', '')}@${version}`,
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licence,
    description: '',
    sha512: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'),
    needs,
    licenceText: licenceTextOf(found),
  };
}

/** Where Node's own list uses a name that nobody else does. */
const NODE_PARTS: Readonly<Record<string, { readonly name: string; readonly licence: string }>> = {
  acorn: { name: 'acorn', licence: 'MIT' },
  ada: { name: 'ada', licence: 'MIT' },
  amaro: { name: 'amaro', licence: 'MIT' },
  ares: { name: 'c-ares', licence: 'MIT' },
  brotli: { name: 'brotli', licence: 'MIT' },
  icu: { name: 'icu', licence: 'Unicode-3.0' },
  llhttp: { name: 'llhttp', licence: 'MIT' },
  merve: { name: 'merve', licence: 'MIT' },
  nbytes: { name: 'nbytes', licence: 'MIT' },
  ncrypto: { name: 'ncrypto', licence: 'MIT' },
  nghttp2: { name: 'nghttp2', licence: 'MIT' },
  openssl: { name: 'openssl', licence: 'Apache-2.0' },
  simdjson: { name: 'simdjson', licence: 'Apache-2.0' },
  simdutf: { name: 'simdutf', licence: 'Apache-2.0' },
  sqlite: { name: 'sqlite', licence: 'blessing' },
  undici: { name: 'undici', licence: 'MIT' },
  uv: { name: 'libuv', licence: 'MIT' },
  uvwasi: { name: 'uvwasi', licence: 'MIT' },
  v8: { name: 'v8', licence: 'BSD-3-Clause' },
  zlib: { name: 'zlib', licence: 'Zlib' },
  zstd: { name: 'zstd', licence: 'BSD-3-Clause' },
};

interface Compiled {
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly description: string;
  readonly licenceText?: string;
  readonly needs?: readonly string[];
  readonly purl?: string;
}

function compiled(part: Compiled): Part {
  const { name, version, purl = `pkg:generic/${name}@${encodeURIComponent(version)}` } = part;
  return { sha512: '', needs: [], licenceText: '', ...part, purl };
}

/** Node and the libraries inside it, by what the pinned Node says of itself. */
function nodeParts(arch: Arch): readonly Part[] {
  const inside = Object.entries(NODE_PARTS).flatMap(([key, { name, licence }]) => {
    const version = process.versions[key] ?? '';
    if (version === '') return [];
    const description = 'part of Node.js';
    return [compiled({ ref: `node:${name}`, name, version, licence, description })];
  });
  const node = compiled({
    ref: 'node',
    name: 'node',
    version: process.versions.node,
    licence: 'MIT',
    description: `Node.js for linux-${arch}; its licence text names what it contains`,
    licenceText: read(`node_modules/node-linux-${process.arch}/LICENSE`),
    needs: inside.map((part) => part.ref),
  });
  return [node, ...inside];
}

/** Versions that the compiled modules tell of themselves. */
export interface CompiledVersions {
  readonly sqlite: string;
  readonly grammar: string;
  readonly pglitePostgres: string;
}

function moduleParts(versions: CompiledVersions): readonly Part[] {
  return [
    compiled({
      ref: 'wasm:sqlite',
      name: 'sqlite',
      version: versions.sqlite,
      licence: 'blessing',
      description: 'the engine, compiled to WebAssembly by @sqlite.org/sqlite-wasm',
      licenceText: kept('sqlite.txt'),
    }),
    compiled({
      ref: 'wasm:postgresql-grammar',
      name: 'postgresql',
      version: versions.grammar,
      licence: 'PostgreSQL',
      description: 'scanner and grammar only, through libpg_query',
      licenceText: kept('postgresql.txt'),
    }),
    compiled({
      ref: 'wasm:libpg_query',
      name: 'libpg_query',
      version: versions.grammar.replace(/\..*/, ''),
      licence: 'BSD-3-Clause',
      description: "PostgreSQL's parser as a library, compiled to WebAssembly by libpg-query",
      licenceText: kept('libpg_query.txt'),
      needs: ['wasm:postgresql-grammar'],
      purl: 'pkg:github/pganalyze/libpg_query',
    }),
    compiled({
      ref: 'wasm:postgresql-server',
      name: 'postgresql',
      version: versions.pglitePostgres,
      licence: 'PostgreSQL',
      description: 'the server inside PGlite, for `receiver` and `demo`',
      licenceText: kept('postgresql.txt'),
    }),
  ];
}

export interface Inventory {
  readonly parts: readonly Part[];
  /** Refs that the product itself names. */
  readonly direct: readonly string[];
}

/** Which compiled part is inside which package. */
const CONTENTS: Readonly<Record<string, readonly string[]>> = {
  '@sqlite.org/sqlite-wasm': ['wasm:sqlite'],
  'libpg-query': ['wasm:libpg_query'],
  '@electric-sql/pglite': ['wasm:postgresql-server'],
};

export function inventory(arch: Arch, versions: CompiledVersions): Inventory {
  const packages = productionPackages();
  const refs = new Map(packages.map((found) => [found.path, npmPart(found)]));
  const refOf = (path: string): string => refs.get(path)?.ref ?? path;
  const npm = [...refs.values()].map((part) => ({
    ...part,
    needs: [...part.needs.map(refOf), ...(CONTENTS[part.name] ?? [])],
  }));
  return {
    parts: [...nodeParts(arch), ...moduleParts(versions), ...npm],
    direct: ['node', ...directPackages().map(refOf)],
  };
}
