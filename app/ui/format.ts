const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const signed = new Intl.NumberFormat('en', { maximumFractionDigits: 0, signDisplay: 'exceptZero' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export const count = (n: number): string => whole.format(n).replace('-', '−');
export const delta = (n: number): string => signed.format(n).replace('-', '−');

/** "1 server", "3 servers". */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** Percent of a whole, rounded; an empty whole has none. */
export const percent = (part: number, of: number): string => (of > 0 ? `${Math.round((100 * part) / of)} %` : '–');

export const exactTime = (iso: string): string => exact.format(new Date(iso));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const MOMENT_SECONDS = 45;

/** "just now", "3 minutes ago", "in 2 hours". */
export function relativeTime(iso: string, now: number): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  if (Math.abs(seconds) < MOMENT_SECONDS) return seconds > 0 ? 'in a moment' : 'just now';
  const [unit, size] = STEPS.find(([, s]) => Math.abs(seconds) >= s) ?? ['minute', 60];
  return relative.format(Math.round(seconds / size), unit);
}

/** "4.2 s", "350 ms". */
export const duration = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
