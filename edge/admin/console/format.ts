/**
 * Numbers and times as a person reads them: always with a unit, times both relative and absolute.
 *
 * The page speaks English, so numbers and dates do too, with the 24-hour clock, wherever the phone is from.
 */

const LOCALE = 'en-GB';
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

const wholeNumber = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const clockTime = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'medium' });
const dayAndTime = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' });

/** `12,400` */
export function count(value: number): string {
  return wholeNumber.format(value);
}

/** `1 terminal`, `12 terminals` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Decimal units, as disks are sold: `1.2 GB`. */
export function bytes(value: number): string {
  let amount = value;
  let unit = 0;
  while (amount >= 1000 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const text = unit === 0 || amount >= 100 ? wholeNumber.format(amount) : oneDecimal.format(amount);
  return `${text} ${BYTE_UNITS[unit] ?? 'B'}`;
}

export function percent(value: number): string {
  return `${value < 10 ? oneDecimal.format(value) : wholeNumber.format(value)} %`;
}

/** The largest unit, and the next while it matters: `45 s`, `12 min`, `3 h 20 min`, `2 days 4 h`. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < MINUTE_S) return `${total} s`;
  if (total < HOUR_S) return `${Math.floor(total / MINUTE_S)} min`;
  if (total < DAY_S) {
    const hours = Math.floor(total / HOUR_S);
    const minutes = Math.floor((total % HOUR_S) / MINUTE_S);
    return minutes === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes} min`;
  }
  const days = Math.floor(total / DAY_S);
  const hours = Math.floor((total % DAY_S) / HOUR_S);
  return hours === 0 || days >= 10 ? counted(days, 'day') : `${counted(days, 'day')} ${hours} h`;
}

/** `just now`, `5 min ago`, `in 2 h` */
export function relative(atMs: number, nowMs: number): string {
  const seconds = (nowMs - atMs) / 1000;
  if (Math.abs(seconds) < 2) return 'just now';
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
}

/** The clock alone for today, with the date for any other day. */
export function absolute(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? clockTime.format(at) : dayAndTime.format(at);
}

export function fullTime(atMs: number): string {
  return dayAndTime.format(new Date(atMs));
}
