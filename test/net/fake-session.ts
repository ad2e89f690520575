/**
 * The least session that a driver is content with: every statement answers one row, the int4 1. Some
 * texts do other things (`wait`, `big`, `crash`), so that a test can hold a connection in a state.
 */
import { EdgeError } from '../../edge/errors.ts';
import type {
  LoginInfo,
  SessionOutput,
  SessionPort,
  SessionView,
} from '../../edge/session/session-port.ts';
import {
  backendKeyData,
  beginDataRow,
  bindComplete,
  closeComplete,
  commandComplete,
  emptyQueryResponse,
  endDataRow,
  errorResponse,
  parameterDescription,
  parameterStatus,
  parseComplete,
  readyForQuery,
  rowDescription,
} from '../../edge/wire/backend.ts';
import { type FormatCode, type FrontendMessage, formatAt } from '../../edge/wire/frontend.ts';

const COLUMN = { name: '?column?', type: { oid: 23, typmod: -1 }, tableOid: 0, attnum: 0 };
const BIG_ROW_BYTES = 100_000;

/** A millisecond of work that lets nobody else on. */
function spin(): void {
  const endMs = performance.now() + 1;
  while (performance.now() < endMs);
}

export class FakeSession implements SessionPort {
  readonly login: LoginInfo;
  readonly #output: SessionOutput;
  #formats: readonly FormatCode[] = [];
  #isSkipping = false;
  #waiting: PromiseWithResolvers<void> | null = null;
  isClosed = false;
  cancelCount = 0;
  messages: FrontendMessage['kind'][] = [];

  constructor(login: LoginInfo, output: SessionOutput) {
    this.login = login;
    this.#output = output;
  }

  start(): void {
    const out = this.#output.writer;
    parameterStatus(out, 'server_version', '15.18');
    parameterStatus(out, 'client_encoding', 'UTF8');
    parameterStatus(out, 'DateStyle', 'ISO, MDY');
    parameterStatus(out, 'integer_datetimes', 'on');
    parameterStatus(out, 'standard_conforming_strings', 'on');
    backendKeyData(out, this.login.backendPid, this.login.backendSecret);
    readyForQuery(out, 'I');
    this.#output.flush();
  }

  view(): SessionView {
    return { statements: this.messages.length, lastUseMs: 0, state: 'idle' };
  }

  receive(message: FrontendMessage): Promise<void> | null {
    this.messages.push(message.kind);
    const out = this.#output.writer;
    if (this.#isSkipping && message.kind !== 'sync') return null;
    switch (message.kind) {
      case 'query':
        return this.#query(message.text);
      case 'parse':
        parseComplete(out);
        return null;
      case 'bind':
        this.#formats = message.resultFormats;
        bindComplete(out);
        return null;
      case 'describe':
        if (message.what === 'S') parameterDescription(out, []);
        rowDescription(out, [COLUMN], message.what === 'S' ? [] : this.#formats);
        return null;
      case 'execute':
        this.#row(formatAt(this.#formats, 0));
        commandComplete(out, 'SELECT 1');
        return null;
      case 'close':
        closeComplete(out);
        return null;
      case 'flush':
        this.#output.flush();
        return null;
      case 'sync':
        this.#isSkipping = false;
        this.#ready();
        return null;
      case 'malformed':
        errorResponse(out, message.error);
        this.#isSkipping = message.extended;
        if (!message.extended) this.#ready();
        return null;
      case 'copyData':
      case 'copyDone':
      case 'copyFail':
      case 'functionCall':
      case 'terminate':
        return null;
    }
  }

  cancel(): void {
    this.cancelCount += 1;
    this.#waiting?.reject(
      new EdgeError('query_canceled', 'canceling statement due to user request'),
    );
  }

  shutdown(): void {
    errorResponse(
      this.#output.writer,
      new EdgeError('admin_shutdown', 'terminating connection due to administrator command', {
        severity: 'FATAL',
      }),
    );
    this.#output.close();
  }

  close(): void {
    this.isClosed = true;
    this.#waiting?.resolve();
  }

  #query(text: string): Promise<void> | null {
    if (text === 'crash') throw new TypeError('a secret of the inside');
    if (text === 'reject') return Promise.reject(new TypeError('a secret of the inside'));
    if (text === 'wait') return this.#wait();
    if (text === 'spin') spin();
    if (text === 'unflushed') {
      commandComplete(this.#output.writer, 'INSERT 0 1');
      return Promise.reject(new TypeError('the disk is gone'));
    }
    if (text === '') emptyQueryResponse(this.#output.writer);
    else this.#answer(text === 'big' ? BIG_ROW_BYTES : 1);
    this.#ready();
    return null;
  }

  async #wait(): Promise<void> {
    this.#waiting = Promise.withResolvers<void>();
    try {
      await this.#waiting.promise;
    } catch (error) {
      if (error instanceof EdgeError) errorResponse(this.#output.writer, error);
    }
    this.#waiting = null;
    if (!this.isClosed) this.#ready();
  }

  #answer(rows: number): void {
    rowDescription(this.#output.writer, [COLUMN], []);
    for (let row = 0; row < rows; row += 1) this.#row(0);
    commandComplete(this.#output.writer, `SELECT ${rows}`);
  }

  #row(format: FormatCode): void {
    const out = this.#output.writer;
    const start = beginDataRow(out, 1);
    if (format === 0) {
      out.sizedUtf8('1');
    } else {
      out.int32(4);
      out.int32(1);
    }
    endDataRow(out, start);
  }

  #ready(): void {
    readyForQuery(this.#output.writer, 'I');
    this.#output.flush();
  }
}
