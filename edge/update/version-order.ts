/**
 * Which of two versions is the newer one: `MAJOR.MINOR.PATCH`, optionally `-suffix`, ordered as semantic
 * versions are. The same texts name partitions and boot entries, so few characters are allowed.
 *
 * @see https://semver.org/#spec-item-11
 */

/** 36 characters hold a GPT label, and `helios_` takes seven of them. */
const VERSION_CHARACTERS_MAX = 29;
const VERSION = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*))?$/;

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
  // A version with a suffix comes before the one without.
  if (a.suffix.length === 0 || b.suffix.length === 0) return b.suffix.length - a.suffix.length;
  return compareSuffixes(a.suffix, b.suffix);
}

interface Parsed {
  readonly numbers: readonly number[];
  readonly suffix: readonly string[];
}

function parse(text: string): Parsed {
  const match = VERSION.exec(text);
  if (match === null) throw new Error(`"${text}" is not a version such as 1.4.0`);
  const [, major, minor, patch, suffix] = match;
  return {
    numbers: [major, minor, patch].map(Number),
    suffix: suffix === undefined ? [] : suffix.split('.'),
  };
}

function compareSuffixes(left: readonly string[], right: readonly string[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [a = '', b = ''] = [left[index], right[index]];
    if (a === b) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (isNumber && isOtherNumber) {
      const difference = Number(a) - Number(b);
      if (difference !== 0) return difference;
      continue;
    }
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return left.length - right.length;
}
