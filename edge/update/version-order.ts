/**
 * Which of two versions is the newer one: `MAJOR.MINOR.PATCH`, or `MAJOR.MINOR.PATCH~rc1` for what comes before
 * it. The same texts name partitions and boot entries, and the boot loader orders them by itself: only
 * texts are allowed that both order the same way.
 *
 * @see https://uapi-group.org/specifications/specs/version_format_specification/
 */

/** 36 characters hold a GPT label, and `helios_` takes seven of them. */
const VERSION_CHARACTERS_MAX = 29;
const VERSION = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:~([a-z]{1,8})(\d{0,4}))?$/;

/** True for a text that can name a version. */
export function isVersion(text: string): boolean {
  return text.length <= VERSION_CHARACTERS_MAX && VERSION.test(text);
}

/** Negative when `left` is older, 0 when both are the same, positive when `left` is newer. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parse(left), parse(right)];
  for (const index of [0, 1, 2]) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.word === b.word) return a.wordNumber - b.wordNumber;
  if (a.word === '') return 1;
  if (b.word === '') return -1;
  return a.word < b.word ? -1 : 1;
}

interface Parsed {
  readonly numbers: readonly number[];
  /** Empty: a version that is out. */
  readonly word: string;
  readonly wordNumber: number;
}

function parse(text: string): Parsed {
  const match = VERSION.exec(text);
  if (match === null) throw new Error(`"${text}" is not a version such as 1.4.0 or 1.4.0~rc1`);
  const [, major, minor, patch, word = '', wordNumber = ''] = match;
  return {
    numbers: [major, minor, patch].map(Number),
    word,
    wordNumber: wordNumber === '' ? 0 : Number(wordNumber),
  };
}
