/**
 * One client's session after login: takes messages one by one, answers each, and ends with the connection.
 *
 * It is the only place that decides what happens to a message when the session is skipping to Sync, ending,
 * cancelled or shut down. A fault of our own ends the statement with XX000, never the process.
 */
import { EdgeError, notSupported } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { backendKeyData, errorResponse, readyForQuery } from '../wire/backend.ts';
import type { FrontendMessage } from '../wire/frontend.ts';
import { flush, reportError } from './answer.ts';
import { SessionContext, type SessionDependencies } from './context.ts';
import { bind, close, describe, execute, parse, sync } from './extended-query.ts';
import { shutdownError } from './interrupts.ts';
import { after, attempt, type Maybe } from './maybe.ts';
import { end, writeReady } from './ready.ts';
import type { LoginInfo, SessionOutput, SessionPort, SessionView } from './session-port.ts';
import { simpleQuery } from './simple-query.ts';
import { applyStartupParameters } from './startup-parameters.ts';
import { type BlockState, idleInTransactionError } from './transaction.ts';

/** setTimeout takes no more. */
const TIMER_MS_MAX = 2_147_483_647;

class Session implements SessionPort {
  readonly #context: SessionContext;
  /** A message is being handled. */
  #isBusy = false;
  /** After an error in the extended protocol: nothing counts until Sync. */
  #isSkipping = false;
  #isClosed = false;
  #isShuttingDown = false;
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(dependencies: SessionDependencies, login: LoginInfo, output: SessionOutput) {
    this.#context = new SessionContext(dependencies, login, output);
    this.#context.rows.onReady = () => this.#holdBackRows();
  }

  start(): void {
    const context = this.#context;
    try {
      applyStartupParameters(context.settings, context.login.parameters);
    } catch (error) {
      this.#endWith(asFatal(context, error));
      return;
    }
    context.report.write(context.settings, context.out);
    backendKeyData(context.out, context.login.backendPid, context.login.backendSecret);
    readyForQuery(context.out, 'I');
    context.output.flush();
  }

  receive(message: FrontendMessage): Promise<void> | null {
    if (this.#isClosed || this.#context.ending) return null;
    if (this.#idleTimer !== null) this.#stopIdleTimer();
    this.#isBusy = true;
    const handled = attempt(
      () => this.#handle(message),
      // Handlers answer their own errors: what arrives here is a fault in answering.
      (error) => this.#endWith(asFatal(this.#context, error)),
    );
    if (handled instanceof Promise) return handled.then(() => this.#rest());
    this.#rest();
    return null;
  }

  view(): SessionView {
    const { statementCount, lastUseMs, transaction } = this.#context;
    return { statements: statementCount, lastUseMs, state: this.#state(transaction.state) };
  }

  #state(block: BlockState): SessionView['state'] {
    if (this.#isBusy) return 'active';
    if (block === 'failed') return 'idle in failed transaction';
    return block === 'block' ? 'idle in transaction' : 'idle';
  }

  cancel(): void {
    if (this.#isBusy) this.#context.interrupts.abort('user');
  }

  shutdown(): void {
    if (this.#isClosed || this.#context.ending) return;
    this.#isShuttingDown = true;
    if (this.#isBusy) this.#context.interrupts.abort('shutdown');
    else this.#endWith(shutdownError());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopIdleTimer();
    this.#context.interrupts.abort('closed');
    if (!this.#isBusy) this.#free();
  }

  /** After each message. */
  #rest(): void {
    this.#isBusy = false;
    if (this.#isClosed) {
      this.#free();
      return;
    }
    if (this.#context.ending) return;
    // A cancel that came while the answer was on its way must not hit the next statement.
    if (this.#context.interrupts.isAborted) this.#context.interrupts.clear();
    if (this.#isShuttingDown) this.#endWith(shutdownError());
    else this.#startIdleTimer();
  }

  #handle(message: FrontendMessage): Maybe<void> {
    const context = this.#context;
    if (this.#isSkipping && message.kind !== 'sync') return undefined;
    switch (message.kind) {
      case 'query':
        return simpleQuery(context, message.text);
      case 'sync':
        this.#isSkipping = false;
        return sync(context);
      case 'flush':
        return flush(context) ?? undefined;
      case 'parse':
        return this.#extended(() => parse(context, message));
      case 'bind':
        return this.#extended(() => bind(context, message));
      case 'describe':
        return this.#extended(() => describe(context, message));
      case 'execute':
        return this.#extended(() => execute(context, message));
      case 'close':
        return this.#extended(() => close(context, message));
      case 'functionCall':
        return this.#refuse(notSupported('the fast-path function call'));
      case 'malformed':
        if (message.extended) {
          return this.#extended(() => {
            throw message.error;
          });
        }
        return this.#refuse(message.error);
      case 'copyData':
      case 'copyDone':
      case 'copyFail':
        // Left over from a COPY that has failed: PostgreSQL ignores them too.
        return undefined;
      case 'terminate':
        return undefined;
    }
  }

  #extended(run: () => Maybe<void>): Maybe<void> {
    return attempt(
      () =>
        after(run(), () => {
          // A pipeline without end must not gather its answers in memory.
          if (this.#context.out.length < LIMITS.answerFlushBytes) return undefined;
          return flush(this.#context) ?? undefined;
        }),
      (error) => {
        this.#isSkipping = true;
        reportError(this.#context, error);
        if (this.#context.ending) return end(this.#context);
        return flush(this.#context) ?? undefined;
      },
    );
  }

  #refuse(error: EdgeError): Maybe<void> {
    reportError(this.#context, error);
    return writeReady(this.#context);
  }

  /** A worker's report goes to the client as it comes, no faster than the client takes it. */
  #holdBackRows(): Promise<void> | null {
    const context = this.#context;
    if (context.out.length < LIMITS.answerFlushBytes) return null;
    context.hold(context.dependencies.engine.pendingCommit(context.tables, context.login.merchant));
    return flush(context);
  }

  #startIdleTimer(): void {
    const { transaction, settings } = this.#context;
    if (settings.idleInTransactionMs <= 0) return;
    if (transaction.state !== 'block' && transaction.state !== 'failed') return;
    this.#idleTimer = setTimeout(
      () => this.#endWith(idleInTransactionError()),
      Math.min(settings.idleInTransactionMs, TIMER_MS_MAX),
    );
    this.#idleTimer.unref();
  }

  #stopIdleTimer(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
  }

  /** The last word, between two messages. */
  #endWith(error: EdgeError): void {
    const context = this.#context;
    if (context.ending || this.#isClosed) return;
    context.ending = true;
    this.#stopIdleTimer();
    this.#free();
    errorResponse(context.out, error);
    const ended = end(context);
    if (ended instanceof Promise) {
      ended.catch((failure: unknown) => {
        context.dependencies.log.error({ err: failure }, 'a session could not be ended');
      });
    }
  }

  #free(): void {
    const context = this.#context;
    try {
      context.transaction.rollback();
    } catch (error) {
      context.dependencies.log.error({ err: error }, 'a rollback failed');
    }
    context.portals.dropAll();
    context.statements.dropAll();
    context.dependencies.catalogs.endSession?.(context.login.backendPid);
  }
}

function asFatal(context: SessionContext, error: unknown): EdgeError {
  if (error instanceof EdgeError) {
    return new EdgeError(error.condition, error.message, { ...error.fields, severity: 'FATAL' });
  }
  context.dependencies.log.error({ err: error }, 'internal error in a session');
  return new EdgeError('internal_error', 'internal error', { severity: 'FATAL' });
}

/**
 * The session of one connection that has logged in.
 * @param dependencies what all sessions share: give the same object to each
 */
export function createSession(
  dependencies: SessionDependencies,
  login: LoginInfo,
  output: SessionOutput,
): SessionPort {
  return new Session(dependencies, login, output);
}
