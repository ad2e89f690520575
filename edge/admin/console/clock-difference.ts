/** What a difference between the box's clock and this device's means, in words. */
import { duration } from './format.ts';

/** Sales of two devices are told apart by minutes, receipts too. */
const DIFFERENCE_MS_NOTABLE = 60_000;
/** Two clocks that are asked one after the other. */
const SAME_MS_MAX = 1_000;

interface ClockComparison {
  readonly tone: 'good' | 'warn';
  readonly word: string;
  readonly text: string;
}

/** @param toleranceMs the true offset lies within this of the measured one */
export function compareClocks(offsetMs: number, toleranceMs: number): ClockComparison {
  const apart = Math.abs(offsetMs);
  if (apart <= toleranceMs + SAME_MS_MAX) {
    return {
      tone: 'good',
      word: 'Same time',
      text: 'The box and this device show the same time, within a second or two.',
    };
  }
  const difference = `${duration(apart / 1000)} ${offsetMs > 0 ? 'ahead of' : 'behind'} this device`;
  if (apart < DIFFERENCE_MS_NOTABLE) {
    return {
      tone: 'good',
      word: 'Close',
      text: `The box is ${difference}. That does no harm.`,
    };
  }
  return {
    tone: 'warn',
    word: 'Differ',
    text: `The box is ${difference}. One of the two is wrong: compare with a clock that you trust. Sales carry the box's time.`,
  };
}
