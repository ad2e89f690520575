/**
 * Words in dates: months, weekdays, and those that stand for a moment.
 */

/** What a whole date may be instead of fields. */
export type Special =
  | 'infinity'
  | '-infinity'
  | 'epoch'
  | 'now'
  | 'today'
  | 'tomorrow'
  | 'yesterday';

const MONTHS = [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
] as const;
const MONTH_NAMES = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;
/** Names of weekdays, which say nothing. */
export const DAY_NAMES: ReadonlySet<string> = new Set([
  'sun',
  'mon',
  'tue',
  'tues',
  'wed',
  'weds',
  'thu',
  'thur',
  'thurs',
  'fri',
  'sat',
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
]);
/** Words that stand for a moment. */
export const SPECIALS: Readonly<Record<string, Special>> = {
  infinity: 'infinity',
  inf: 'infinity',
  epoch: 'epoch',
  now: 'now',
  today: 'today',
  tomorrow: 'tomorrow',
  yesterday: 'yesterday',
};

/** Number of the month that a lower-case word names, or null. */
export function monthOfWord(word: string): number | null {
  const short = MONTHS.indexOf(word as 'jan');
  if (short >= 0) return short + 1;
  const long = MONTH_NAMES.indexOf(word as 'january');
  if (long >= 0) return long + 1;
  return word === 'sept' ? 9 : null;
}
