/** The page's own pictures: nothing is loaded from elsewhere. Each stands beside a word, so none is read aloud. */
import type { JSX } from 'preact';

const PATHS = {
  shop: 'M4 10V20H20V10M2.5 10 4.5 4H19.5L21.5 10A3.2 3.2 0 0 1 15.2 10 3.2 3.2 0 0 1 8.8 10 3.2 3.2 0 0 1 2.5 10ZM10 20V14.5H14V20',
  merchants:
    'M9 11.5A3.5 3.5 0 1 0 9 4.5 3.5 3.5 0 0 0 9 11.5ZM2.5 19.5C2.5 16 5 14 9 14S15.5 16 15.5 19.5M16 4.9A3.5 3.5 0 0 1 16 11.1M18 14.4C20.300 15.2 21.5 17 21.5 19.5',
  cloud: 'M7 18.500A4.500 4.500 0 0 1 6.500 9.550 6 6 0 0 1 18.100 10.600 4 4 0 0 1 17.500 18.500Z',
  box: 'M4 6.500H20V17.500H4ZM7.500 14H7.600M11 14H16.500M8 17.500V20M16 17.500V20',
  upkeep:
    'M14.500 6.500A4.500 4.500 0 0 1 20.300 9.800L17.200 10.200 14.600 7.600 15 4.500A4.500 4.500 0 0 0 10 10.700L3.800 16.900A2.100 2.100 0 0 0 6.800 19.900L13 13.700A4.500 4.500 0 0 0 20.300 9.800',
  good: 'M4.500 12.500 9.500 17.500 19.500 7',
  warn: 'M12 4 22 20.500H2ZM12 10V14.500M12 17.400V17.500',
  bad: 'M6 6 18 18M18 6 6 18',
  unknown: 'M9 9A3 3 0 1 1 12 12.500V14M12 17.400V17.500',
  copy: 'M8.500 8.500V4H20V15.500H15.500M4 8.500H15.500V20H4Z',
  download: 'M12 4V15M7 10.500 12 15.500 17 10.500M4 20H20',
  upload: 'M12 16V5M7 9.500 12 4.500 17 9.500M4 20H20',
  plus: 'M12 5V19M5 12H19',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
