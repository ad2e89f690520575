/**
 * The box's clock beside this device's, and what their difference means. The box's time comes from the header of
 * its answers, which has whole seconds: a smaller difference than that is none.
 */
import type { JSX } from 'preact';
import { box } from './api.ts';
import { useCell } from './cell.ts';
import { duration, fullTime } from './format.ts';
import { clockReading } from './link.ts';
import { Card, Facts, Pill, type Tone } from './parts.tsx';
import { useNow, useResource } from './resource.ts';

/** Sales of two devices are told apart by minutes, receipts too. */
const DIFFERENCE_MS_NOTABLE = 60_000;

export function ClockCard(): JSX.Element {
  const reading = useCell(clockReading);
  const device = useResource(box.device);
  const now = useNow();
  const clock = device.value?.items.find(({ id }) => id === 'clock');
  if (reading === null) {
    return (
      <Card id="clock" title="Clock">
        <p class="quiet">Not known yet: the box has not answered.</p>
      </Card>
    );
  }
  const { offsetMs, toleranceMs } = reading;
  const { tone, word, text } = compareClocks(offsetMs, toleranceMs);
  return (
    <Card id="clock" title="Clock" aside={<Pill tone={tone}>{word}</Pill>}>
      <Facts
        facts={[
          { name: 'Box', value: fullTime(now + offsetMs) },
          { name: 'This device', value: fullTime(now) },
          {
            name: 'Time zone shown',
            value: Intl.DateTimeFormat().resolvedOptions().timeZone,
          },
        ]}
      />
      <p>{text}</p>
      {clock === undefined ? null : (
        <p>
          {clock.explanation}
          {clock.mend === '' ? null : (
            <>
              {' '}
              <strong>What to do:</strong> {clock.mend}
            </>
          )}
        </p>
      )}
    </Card>
  );
}

interface Comparison {
  readonly tone: Tone;
  readonly word: string;
  readonly text: string;
}

/** @param toleranceMs the true offset lies within this of the measured one */
export function compareClocks(offsetMs: number, toleranceMs: number): Comparison {
  const apart = Math.abs(offsetMs);
  if (apart <= toleranceMs + 1000) {
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
