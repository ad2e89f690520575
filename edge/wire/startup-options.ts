/**
 * The `options` start-up parameter: `-c name=value --name=value`, as libpq's PGOPTIONS sends it. Other
 * switches of the postgres command line are refused.
 *
 * Names are not looked up here; the session does that, as for any other start-up parameter.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS
 */
import { EdgeError } from '../errors.ts';

/**
 * Settings in the order given.
 * @throws EdgeError FATAL 42601
 */
export function parseStartupOptions(options: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const words = splitWords(options);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word.startsWith('--') && word.length > 2) {
      addSetting(settings, word.slice(2), `--${word.slice(2)}`);
    } else if (word.startsWith('-c')) {
      const attached = word.slice(2);
      if (attached === '') index += 1;
      const setting = attached === '' ? words[index] : attached;
      if (setting === undefined) throw invalidSwitch(word);
      addSetting(settings, setting, `-c ${setting}`);
    } else {
      throw invalidSwitch(word);
    }
  }
  return settings;
}

/** PostgreSQL's pg_split_opts: words between white space; a backslash takes the next character as it is. */
function splitWords(options: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  for (let at = 0; at < options.length; at += 1) {
    const character = options.charAt(at);
    if (/[ \t\n\v\f\r]/.test(character)) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
      continue;
    }
    inWord = true;
    if (character === '\\') {
      at += 1;
      word += options.charAt(at);
    } else {
      word += character;
    }
  }
  if (inWord) words.push(word);
  return words;
}

function addSetting(settings: Map<string, string>, setting: string, shown: string): void {
  const equals = setting.indexOf('=');
  if (equals < 0) throw syntaxError(`${shown} requires a value`);
  settings.set(setting.slice(0, equals).replaceAll('-', '_'), setting.slice(equals + 1));
}

function invalidSwitch(word: string): EdgeError {
  return syntaxError(`invalid command-line argument for server process: ${word}`);
}

function syntaxError(message: string): EdgeError {
  return new EdgeError('syntax_error', message, { severity: 'FATAL' });
}
