/**
 * The compiler: query text to parsed statements, parsed statement to plan. The only state it has is the
 * grammar's WASM instance; plans hold no merchant and are the same for every session of a role.
 *
 * It does not cache; the session does, by text, role, parameter types and catalog version.
 */
import { EdgeError } from '../errors.ts';
import { OID } from '../types/oids.ts';
import {
  createAnalysis,
  type ResolveSystemRelation,
  settleParameters,
} from './analyse/analysis.ts';
import { analyseDefinition } from './analyse/definitions.ts';
import { asNode, type Node, tagOf } from './analyse/nodes.ts';
import { Scope } from './analyse/scope.ts';
import { analyseQuery } from './analyse/select.ts';
import { createExpressionSupport } from './analyse/stored-expressions.ts';
import type { Query } from './analyse/tree.ts';
import { analyseUtility } from './analyse/utility.ts';
import type { ExpressionSupport } from './catalog/expression-support.ts';
import { relationNamesOf } from './catalog/system/resolve-system-relation.ts';
import type { CompileEnvironment, Compiler } from './compiler.ts';
import { analyseModify } from './dml/analyse-modify.ts';
import { type Grammar, loadGrammar } from './parse/grammar.ts';
import { parseQuery } from './parse/parse.ts';
import { withoutLiterals } from './parse/without-literals.ts';
import type { ParsedStatement, Plan, ResultColumn } from './plan.ts';
import { printQuery } from './print/queries.ts';

export interface CompilerOptions {
  /** Bytes of libpg-query.wasm, for the single executable; by default the installed package's. */
  readonly wasmBinary?: Uint8Array;
  /** Relations of pg_catalog and information_schema. */
  readonly resolveSystemRelation?: ResolveSystemRelation;
}

/** The compiler and what the catalog needs of it. */
export interface CompilerParts extends Compiler {
  /** Reads and prints stored DEFAULT and CHECK expressions. */
  readonly expressions: ExpressionSupport;
  /** A query text as it may stand in a log; null for one that cannot be read. */
  withoutLiterals(queryText: string): string | null;
}

const MODIFICATIONS: ReadonlySet<string> = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt']);

function resultColumns(query: Query, environment: CompileEnvironment): readonly ResultColumn[] {
  return query.targets
    .filter((target) => !target.hidden)
    .map(({ name, expr }) => ({
      name,
      type: expr.type,
      form: expr.form,
      tableOid: expr.kind === 'column' ? expr.column.tableOid : 0,
      attnum: expr.kind === 'column' ? expr.column.attnum : 0,
      ...(expr.type.oid === OID.regclass ? { names: relationNamesOf(environment) } : {}),
    }));
}

class GrammarCompiler implements CompilerParts {
  readonly expressions: ExpressionSupport;
  readonly #grammar: Grammar;
  readonly #resolveSystemRelation: ResolveSystemRelation;

  constructor(grammar: Grammar, resolveSystemRelation: ResolveSystemRelation) {
    this.#grammar = grammar;
    this.#resolveSystemRelation = resolveSystemRelation;
    this.expressions = createExpressionSupport((text) => this.parse(text));
  }

  parse(queryText: string): readonly ParsedStatement[] {
    return parseQuery(this.#grammar, queryText);
  }

  withoutLiterals(queryText: string): string | null {
    return withoutLiterals(this.#grammar, queryText);
  }

  analyse(
    statement: ParsedStatement,
    parameterTypes: readonly number[],
    environment: CompileEnvironment,
  ): Plan {
    try {
      return this.#analyse(statement, parameterTypes, environment);
    } catch (error) {
      // A tree too deep for our own recursion is the user's doing, not a fault of ours.
      if (error instanceof RangeError) {
        throw new EdgeError('statement_too_complex', 'stack depth limit exceeded');
      }
      throw error;
    }
  }

  #analyse(
    statement: ParsedStatement,
    parameterTypes: readonly number[],
    environment: CompileEnvironment,
  ): Plan {
    const node = statement.node as Node;
    const catalogVersion = environment.catalog.version;
    if (Object.keys(node).length === 0) {
      return { program: { kind: 'empty' }, parameterTypes, columns: null, tag: '', catalogVersion };
    }
    if (asNode(node, 'SelectStmt') !== undefined) {
      return this.#analyseRead(node, parameterTypes, environment);
    }
    if (MODIFICATIONS.has(tagOf(node))) {
      const analysis = createAnalysis(environment, parameterTypes, this.#resolveSystemRelation);
      const modification = analyseModify(node, analysis, this.expressions);
      return { ...modification, parameterTypes: settleParameters(analysis), catalogVersion };
    }
    const session = analyseUtility(statement);
    if (session !== null) {
      return {
        program: { kind: 'utility', utility: session.utility },
        parameterTypes: [],
        columns: null,
        tag: session.tag,
        catalogVersion,
      };
    }
    const tag = analyseDefinition(node, environment.role, environment.catalog);
    return {
      program: { kind: 'definition', node: statement.node },
      parameterTypes: [],
      columns: null,
      tag,
      catalogVersion,
    };
  }

  #analyseRead(
    node: Node,
    parameterTypes: readonly number[],
    environment: CompileEnvironment,
  ): Plan {
    const analysis = createAnalysis(environment, parameterTypes, this.#resolveSystemRelation);
    const query = analyseQuery(new Scope(analysis), node);
    return {
      program: {
        kind: 'query',
        sql: printQuery(query),
        tables: [...analysis.tables],
        takesWriteLock: analysis.takesWriteLock,
        writes: analysis.lockedFor,
      },
      parameterTypes: settleParameters(analysis),
      columns: resultColumns(query, environment),
      tag: 'SELECT',
      catalogVersion: environment.catalog.version,
    };
  }
}

/** Loads the grammar and makes the compiler. */
export async function createCompiler(options: CompilerOptions = {}): Promise<CompilerParts> {
  const grammar = await loadGrammar(options.wasmBinary);
  return new GrammarCompiler(grammar, options.resolveSystemRelation ?? (() => null));
}
