/** Reads the manifests of `container/` for the tests that hold them against each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const CONTAINER = join(import.meta.dirname, '../../container');

/** A manifest as far as nothing is known of it. */
export type Tree = Readonly<Record<string, unknown>>;

/** Every document of a file; a duplicate key or any other fault of the syntax throws. */
export function readYaml(name: string): readonly Tree[] {
  return parseAllDocuments(readFileSync(join(CONTAINER, name), 'utf8')).map((document) => {
    for (const fault of [...document.errors, ...document.warnings]) throw fault;
    return document.toJS() as Tree;
  });
}

export function yamlFiles(folder: string): readonly string[] {
  const names = readdirSync(join(CONTAINER, folder)).filter((name) => name.endsWith('.yaml'));
  return names.map((name) => join(folder, name)).sort();
}

/** What lies at a path, or undefined. */
export function at(tree: unknown, ...path: readonly (string | number)[]): unknown {
  let found = tree;
  for (const step of path) found = (found as Record<string | number, unknown> | undefined)?.[step];
  return found;
}

export function listAt(tree: unknown, ...path: readonly (string | number)[]): readonly Tree[] {
  return (at(tree, ...path) as readonly Tree[] | undefined) ?? [];
}
