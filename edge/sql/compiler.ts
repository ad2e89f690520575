/**
 * The SQL station's face: text in, plans out. It knows no sockets and no SQLite handles.
 */
import type { Catalog } from './catalog/model.ts';
import type { ParsedStatement, Plan } from './plan.ts';

export interface CompileEnvironment {
  readonly role: 'merchant' | 'admin';
  readonly catalog: Catalog;
}

export interface Compiler {
  /**
   * Splits and parses a query text.
   * @throws EdgeError 42601 with position; 54001 when nested too deep
   */
  parse(queryText: string): readonly ParsedStatement[];
  /**
   * Gives names, types and isolation to one statement. Pure: same inputs, same plan.
   * @param parameterTypes type OIDs given by the client, 0 where it left them open
   * @throws EdgeError with position; 0A000 for what is not understood
   */
  analyse(
    statement: ParsedStatement,
    parameterTypes: readonly number[],
    environment: CompileEnvironment,
  ): Plan;
}
