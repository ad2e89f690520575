/**
 * The settings of one session: SET, SET LOCAL, RESET and SHOW, all of them transactional.
 *
 * The state is two immutable maps, so that a savepoint remembers it for the price of a reference and
 * a rollback puts it back. The merchant is no setting: nothing here can change whose rows are seen.
 */
import { EdgeError, notSupported } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { IsolationLevel } from '../sql/plan.ts';
import {
  SETTING_DEFINITIONS,
  type SettingDefinition,
  settingDefinition,
} from './setting-definitions.ts';
import { settingValue, shownValue } from './setting-value.ts';

type Values = ReadonlyMap<string, string>;

/** What a transaction or savepoint puts back when it is rolled back. */
export interface SettingsState {
  readonly session: Values;
  readonly local: Values;
}

const NONE: Values = new Map();

/** Settings whose several values are names, quoted where they need it. */
const LISTS_OF_NAMES: ReadonlySet<string> = new Set(['search_path', 'temp_tablespaces']);
const LISTS: ReadonlySet<string> = new Set(['search_path', 'temp_tablespaces', 'datestyle']);
/** Kept by the transaction; shown here. RESET ALL leaves them, and the role, alone. */
const NOT_RESET: ReadonlySet<string> = new Set([
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
  'role',
  'session_authorization',
]);

const SIMPLE_NAME = /^[a-z_\x80-\uffff][a-z0-9_$\x80-\uffff]*$/i;

function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function unrecognized(name: string): EdgeError {
  return new EdgeError('undefined_object', `unrecognized configuration parameter "${name}"`);
}

function checkCustomName(name: string): void {
  const parts = name.split('.');
  if (parts.length >= 2 && parts.every((part) => SIMPLE_NAME.test(part))) return;
  throw new EdgeError('invalid_name', `invalid configuration parameter name "${name}"`, {
    detail: 'Custom parameter names must be two or more simple identifiers separated by dots.',
  });
}

/** @throws EdgeError 55P02 or 42501 where PostgreSQL does not let it be set in a session */
function checkContext(definition: SettingDefinition, name: string): void {
  switch (definition.context) {
    case 'user':
      return;
    case 'superuser':
      // PostgreSQL lets a superuser; nobody is one here. A value that we follow anyway is harmless.
      if (definition.honoured !== null) return;
      throw new EdgeError('insufficient_privilege', `permission denied to set parameter "${name}"`);
    case 'internal':
      throw new EdgeError('cant_change_runtime_param', `parameter "${name}" cannot be changed`);
    case 'postmaster':
      throw new EdgeError(
        'cant_change_runtime_param',
        `parameter "${name}" cannot be changed without restarting the server`,
      );
    case 'sighup':
      throw new EdgeError('cant_change_runtime_param', `parameter "${name}" cannot be changed now`);
    case 'backend':
    case 'superuser-backend':
      throw new EdgeError(
        'cant_change_runtime_param',
        `parameter "${name}" cannot be set after connection start`,
      );
  }
}

export class Settings {
  /** What RESET goes back to: the box's values and the start-up parameters. */
  readonly #initial: Map<string, string>;
  readonly #user: string;
  #session: Values = NONE;
  #local: Values = NONE;
  /** Shown only: the transaction's own. */
  readonly #live = new Map<string, string>();
  #record: Readonly<Record<string, string>> | null = null;

  /** Raised by every change, so that others may cache what they derive. */
  version = 0;
  statementTimeoutMs = 0;
  lockTimeoutMs = 0;
  idleInTransactionMs = 0;
  defaultIsolation: IsolationLevel = 'read committed';
  defaultReadOnly = false;

  /**
   * @param defaults the box's values, by name in any case
   * @param user the only name that `role` and `session_authorization` accept
   */
  constructor(defaults: ReadonlyMap<string, string>, user: string) {
    this.#initial = new Map([['session_authorization', user]]);
    this.#user = user;
    for (const [name, value] of defaults) this.#initial.set(name.toLowerCase(), value);
    this.#changed();
  }

  /** A start-up parameter: RESET goes back to it. @throws EdgeError 42704, 22023, 55P02 */
  setAtStart(name: string, text: string): void {
    const value = this.#checkedText(name, text);
    this.#initial.set(name.toLowerCase(), value);
    this.#changed();
  }

  /** The value as stored, or undefined for an unknown name. */
  get(name: string): string | undefined {
    const key = name.toLowerCase();
    return (
      this.#live.get(key) ??
      this.#local.get(key) ??
      this.#session.get(key) ??
      this.#initial.get(key) ??
      settingDefinition(key)?.initial
    );
  }

  /** SHOW. @throws EdgeError 42704 */
  show(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw unrecognized(name);
    const definition = settingDefinition(name);
    return definition === undefined ? value : shownValue(definition, value);
  }

  /** Name of SHOW's column. */
  shownName(name: string): string {
    return settingDefinition(name)?.name ?? name;
  }

  /** SHOW ALL: name, setting, description. */
  showAll(): readonly (readonly [string, string, string])[] {
    return SETTING_DEFINITIONS.filter((each) => each.name !== 'role').map((each) => [
      each.name,
      this.show(each.name),
      each.description,
    ]);
  }

  /** The canonical form of a value, null being the default. @throws as `set` does */
  check(name: string, values: readonly string[] | null): string {
    if (values !== null) return this.#checked(name, values);
    this.#checkReset(name);
    return this.#resetValue(name.toLowerCase());
  }

  /** SET, SET LOCAL, RESET (values null). @throws EdgeError 42704, 22023, 55P02, 42501, 0A000 */
  set(name: string, values: readonly string[] | null, local: boolean): void {
    const key = name.toLowerCase();
    if (values === null) this.#checkReset(name);
    const value = values === null ? null : this.#checked(name, values);
    const target = new Map(local ? this.#local : this.#session);
    if (value !== null) target.set(key, value);
    else if (local) target.set(key, this.#resetValue(key));
    else target.delete(key);
    if (local) this.#local = target;
    else {
      this.#session = target;
      if (this.#local.has(key)) {
        const others = new Map(this.#local);
        others.delete(key);
        this.#local = others;
      }
    }
    this.#changed();
  }

  resetAll(): void {
    const kept = [...this.#session].filter(([name]) => NOT_RESET.has(name));
    this.#session = new Map(kept);
    this.#local = NONE;
    this.#changed();
  }

  /** Shows a value that the transaction keeps; no rollback touches it. */
  setLive(name: string, value: string): void {
    if (this.#live.get(name) === value) return;
    this.#live.set(name, value);
    this.#record = null;
    this.version++;
  }

  /** To be given to `restore` when the transaction or savepoint that starts now is rolled back. */
  mark(): SettingsState {
    return { session: this.#session, local: this.#local };
  }

  restore(state: SettingsState): void {
    if (state.session === this.#session && state.local === this.#local) return;
    this.#session = state.session;
    this.#local = state.local;
    this.#changed();
  }

  /** End of a transaction: what SET LOCAL set is gone. */
  endTransaction(): void {
    if (this.#local.size === 0) return;
    this.#local = NONE;
    this.#changed();
  }

  /** All settings as current_setting() shows them, by lower-case name. */
  record(): Readonly<Record<string, string>> {
    if (this.#record === null) {
      const record: Record<string, string> = {};
      for (const each of SETTING_DEFINITIONS)
        record[each.name.toLowerCase()] = this.show(each.name);
      for (const values of [this.#initial, this.#session, this.#local]) {
        for (const name of values.keys()) record[name] = this.show(name);
      }
      this.#record = record;
    }
    return this.#record;
  }

  #resetValue(key: string): string {
    return this.#initial.get(key) ?? settingDefinition(key)?.initial ?? '';
  }

  #checkReset(name: string): void {
    const definition = settingDefinition(name);
    if (definition !== undefined) checkContext(definition, name);
    else if (this.get(name) === undefined) throw unrecognized(name);
  }

  #checked(name: string, values: readonly string[]): string {
    const key = name.toLowerCase();
    if (values.length > 1 && !LISTS.has(key)) {
      throw new EdgeError('invalid_parameter_value', `SET ${name} takes only one argument`);
    }
    const isNames = LISTS_OF_NAMES.has(key);
    return this.#checkedText(name, (isNames ? values.map(quoteIdentifier) : values).join(', '));
  }

  /** A list comes as one text here, its names quoted where they need it. */
  #checkedText(name: string, text: string): string {
    const key = name.toLowerCase();
    const definition = settingDefinition(key);
    if (definition === undefined) return this.#customValue(name, text);
    checkContext(definition, name);
    if (key === 'role') return this.#ownRole(text);
    if (key === 'session_authorization') return this.#ownAuthorization(text);
    return settingValue(definition, name, text);
  }

  #customValue(name: string, text: string): string {
    if (name.toLowerCase() === 'seed') throw notSupported('setting "seed"');
    if (!name.includes('.')) throw unrecognized(name);
    checkCustomName(name);
    if (Buffer.byteLength(text) > LIMITS.settingValueBytesMax) {
      throw new EdgeError('program_limit_exceeded', `value of parameter "${name}" is too long`);
    }
    if (this.#session.size + this.#local.size >= LIMITS.settingsPerSessionMax) {
      throw new EdgeError('program_limit_exceeded', 'too many configuration parameters are set');
    }
    return text;
  }

  #ownRole(text: string): string {
    if (text === 'none' || text === this.#user) return text;
    throw new EdgeError('insufficient_privilege', `permission denied to set role "${text}"`);
  }

  #ownAuthorization(text: string): string {
    if (text === this.#user) return text;
    throw new EdgeError('insufficient_privilege', 'permission denied to set session authorization');
  }

  #changed(): void {
    this.#record = null;
    this.version++;
    this.statementTimeoutMs = Number(this.get('statement_timeout'));
    this.lockTimeoutMs = Number(this.get('lock_timeout'));
    this.idleInTransactionMs = Number(this.get('idle_in_transaction_session_timeout'));
    const isolation = this.get('default_transaction_isolation');
    this.defaultIsolation =
      isolation === 'repeatable read' || isolation === 'serializable'
        ? isolation
        : 'read committed';
    this.defaultReadOnly = this.get('default_transaction_read_only') === 'on';
  }
}
