/**
 * Plans of simple queries by their shape (`sql/parse/statement-shape.ts`): a client that writes its numbers into
 * the text is served by one plan, as if it had sent them as parameters.
 *
 * A shape is used only after both the text as it came and the shape have been analysed under the same catalog,
 * with the same columns and tag: what fails, fails with the text's own error and position. A shape is tried
 * when it is met for the second time, because most texts of most programs come once.
 */
import { LIMITS } from '../limits.ts';
import type { Catalog } from '../sql/catalog/model.ts';
import { type StatementShape, statementShape } from '../sql/parse/statement-shape.ts';
import type { SessionContext } from './context.ts';
import { type CachedPlan, Generations, type PlanRole } from './plan-cache.ts';
import { resolveText } from './resolve.ts';
import { sameColumns } from './statements.ts';

const INT4_OID = 23;

interface Entry {
  readonly catalog: Catalog;
  /** null: it is met for the first time, or it is of no use. */
  readonly plan: CachedPlan | null;
  readonly tried: boolean;
}

/** One for all sessions. */
export class ShapedPlans {
  readonly #entries: Readonly<Record<PlanRole, Generations<Entry>>> = {
    merchant: new Generations(LIMITS.shapesMax / 4),
    admin: new Generations(LIMITS.shapesMax / 4),
  };

  get(role: PlanRole, shape: string, catalog: Catalog): Entry | null {
    const entry = this.#entries[role].get(shape);
    return entry?.catalog === catalog ? entry : null;
  }

  set(role: PlanRole, shape: string, entry: Entry): void {
    this.#entries[role].set(shape, entry);
  }
}

/** What a text is, to look its plan up now, or to learn it once the text itself has been analysed. */
export function shapeOf(context: SessionContext, text: string): StatementShape | null {
  // Its own catalog is nobody else's.
  return context.transaction.hasOwnCatalog ? null : statementShape(text);
}

/** The plan of a shape, for the shape's values as parameters; null when there is none yet, or never. */
export function planOfShape(context: SessionContext, shape: StatementShape): CachedPlan | null {
  const { dependencies, login, transaction } = context;
  const { shapes, meters } = dependencies;
  const plan = shapes.get(login.role, shape.text, transaction.catalog)?.plan ?? null;
  if (plan !== null) meters.shapesFound += 1;
  return plan;
}

/** After a text has been analysed: notes its shape, and the second time tries whether it serves. */
export function learnShape(
  context: SessionContext,
  shape: StatementShape,
  original: CachedPlan,
): void {
  const { dependencies, login, transaction } = context;
  const { catalog } = transaction;
  const { shapes } = dependencies;
  const entry = shapes.get(login.role, shape.text, catalog);
  if (entry?.tried === true || original.catalog !== catalog) return;
  const plan = entry === null ? null : analysed(context, shape, original);
  shapes.set(login.role, shape.text, { catalog, plan, tried: entry !== null });
}

function analysed(
  context: SessionContext,
  shape: StatementShape,
  original: CachedPlan,
): CachedPlan | null {
  const types = shape.values.map(() => INT4_OID);
  let found: CachedPlan;
  try {
    found = resolveText(context, shape.text, types);
  } catch {
    // Here a constant is not what a parameter is.
    return null;
  }
  const { plan } = found;
  const isSame =
    plan.program.kind === original.plan.program.kind &&
    plan.tag === original.plan.tag &&
    sameColumns(plan.columns, original.plan.columns) &&
    plan.parameterTypes.length === types.length &&
    plan.parameterTypes.every((oid) => oid === INT4_OID);
  return isSame ? found : null;
}
