/**
 * Start-up parameters of a session: settings by name, and `options` with a command line's `-c name=value`.
 * One that is unknown or wrong ends the connection, as in PostgreSQL.
 *
 * @see https://www.postgresql.org/docs/15/protocol-message-formats.html (StartupMessage)
 */
import { EdgeError, notSupported } from '../errors.ts';
import { parseBoolean } from './setting-value.ts';
import type { Settings } from './settings.ts';

/** @throws EdgeError; the caller makes it FATAL */
export function applyStartupParameters(
  settings: Settings,
  parameters: ReadonlyMap<string, string>,
): void {
  const options = parameters.get('options');
  if (options !== undefined) applyOptions(settings, options);
  for (const [name, value] of parameters) {
    if (name === 'options' || name === 'user' || name === 'database') continue;
    if (name.startsWith('_pq_.')) continue;
    if (name === 'replication') checkReplication(value);
    else settings.setAtStart(name, value);
  }
}

function checkReplication(value: string): void {
  if (parseBoolean(value) !== false) throw notSupported('replication');
}

/** Words are parted by white space; a backslash takes the next character as it is. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '\\') {
      index++;
      word = (word ?? '') + text.charAt(index);
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

function applyOptions(settings: Settings, text: string): void {
  const words = splitWords(text);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    let assignment: string;
    if (word === '-c') {
      index++;
      assignment = words[index] ?? '';
    } else if (word.startsWith('-c')) assignment = word.slice(2);
    else if (word.startsWith('--') && word.length > 2) assignment = word.slice(2);
    else throw badSwitch(word);
    const equals = assignment.indexOf('=');
    if (equals === -1) {
      throw new EdgeError(
        'syntax_error',
        `${word.startsWith('--') ? '--' : '-c '}${assignment} requires a value`,
      );
    }
    settings.setAtStart(
      assignment.slice(0, equals).replaceAll('-', '_'),
      assignment.slice(equals + 1),
    );
  }
}

function badSwitch(word: string): EdgeError {
  return new EdgeError(
    'syntax_error',
    `invalid command-line argument for server process: ${word}`,
    { hint: 'Try "postgres --help" for more information.' },
  );
}
