/**
 * The box's clock beside this device's, and what their difference means. The box's time comes from the header of
 * its answers, which has whole seconds: a smaller difference than that is none.
 */
import type { JSX } from 'preact';
import { box } from './api.ts';
import { useCell } from './cell.ts';
import { compareClocks } from './clock-difference.ts';
import { fullTime } from './format.ts';
import { clockReading } from './link.ts';
import { Card, Facts, Pill } from './parts.tsx';
import { useNow, useResource } from './resource.ts';

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
