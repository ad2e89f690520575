/**
 * Runs one plan of any kind: data through `run-data.ts`, DDL through the catalog, the rest through
 * `utility.ts`.
 */
import type { WriteTransaction } from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';
import type { SqlValue } from '../types/storage.ts';
import { notice } from './answer.ts';
import type { SessionContext } from './context.ts';
import { after, type Maybe } from './maybe.ts';
import type { CachedPlan } from './plan-cache.ts';
import { type CountingSink, checkWritable, runData } from './run-data.ts';
import { runUtility } from './utility.ts';

/** @returns the tag of CommandComplete */
export function runPlan(
  context: SessionContext,
  source: CachedPlan,
  parameters: readonly SqlValue[],
  sink: CountingSink,
): Maybe<string> {
  const { program, tag } = source.plan;
  context.source = source;
  switch (program.kind) {
    case 'definition':
      context.transaction.checkAlive();
      context.interrupts.check();
      return runDefinition(context, source);
    case 'utility':
      context.transaction.checkAlive();
      context.interrupts.check();
      return runUtility(context, program.utility, tag, sink);
    case 'empty':
      return '';
    default:
      return runData(context, source, parameters, sink);
  }
}

function runDefinition(context: SessionContext, source: CachedPlan): Maybe<string> {
  const { plan, parsed } = source;
  if (plan.program.kind !== 'definition' || parsed === null) throw new Error('not a definition');
  const { node } = plan.program;
  if (context.login.role !== 'admin') {
    throw new EdgeError('insufficient_privilege', `permission denied for ${plan.tag}`);
  }
  checkWritable(context, plan.tag);
  return after(context.transaction.writer(), (transaction: WriteTransaction) => {
    context.interrupts.check();
    const result = context.dependencies.catalogs.applyDefinition({
      node,
      text: parsed.text,
      transaction,
      base: context.transaction.catalog,
      session: context.values,
      interrupt: context.interrupts.interrupt,
    });
    if (result.catalog !== context.transaction.catalog) {
      context.transaction.ownCatalog = result.catalog;
    }
    // Its change concerns everyone: what they read of it waits for the disk.
    for (const table of result.catalog.tables.values()) transaction.touch(table.baseName, null);
    for (const each of result.notices) {
      notice(
        context,
        each.severity,
        each.condition,
        each.message,
        each.detail === undefined ? {} : { detail: each.detail },
      );
    }
    return result.tag;
  });
}
