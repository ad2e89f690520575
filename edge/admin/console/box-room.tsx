/** The box as a machine: what the doctor found, the device, the clock, the figures of the store. */
import type { JSX } from 'preact';
import type { DeviceItem, Health } from '../../device/device-health.ts';
import type { Finding } from '../operations.ts';
import { box } from './api.ts';
import { ClockCard } from './clock-card.tsx';
import { bytes, counted, duration } from './format.ts';
import { Facts, KnownCard, Pill, type Tone, When } from './parts.tsx';
import { useResource } from './resource.ts';

const TONES: Readonly<Record<Health, Tone>> = { ok: 'good', warn: 'warn', fail: 'bad' };
const WORDS: Readonly<Record<Health, string>> = { ok: 'Well', warn: 'Look here', fail: 'Act now' };

export function BoxRoom(): JSX.Element {
  return (
    <div class="cards">
      <Doctor />
      <Device />
      <ClockCard />
      <Figures />
    </div>
  );
}

function HealthPill({ state }: { readonly state: Health }): JSX.Element {
  return <Pill tone={TONES[state]}>{WORDS[state]}</Pill>;
}

function Doctor(): JSX.Element {
  const findings = useResource(box.findings);
  return (
    <KnownCard
      id="doctor"
      title="What the doctor says"
      known={findings}
      absent="This box has no doctor."
    >
      {(list) => {
        const unwell = list.filter(({ state }) => state !== 'ok');
        const well = list.filter(({ state }) => state === 'ok');
        return (
          <>
            {unwell.length === 0 ? (
              <p>
                <strong>Nothing is wrong.</strong> {counted(well.length, 'check')} passed.
              </p>
            ) : (
              <ul class="rows">
                {unwell.map((finding) => (
                  <FindingRow key={finding.id + finding.title} finding={finding} />
                ))}
              </ul>
            )}
            {well.length === 0 ? null : (
              <details>
                <summary>{counted(well.length, 'check')} in order</summary>
                <ul class="rows">
                  {well.map((finding) => (
                    <FindingRow key={finding.id + finding.title} finding={finding} />
                  ))}
                </ul>
              </details>
            )}
          </>
        );
      }}
    </KnownCard>
  );
}

function FindingRow({ finding }: { readonly finding: Finding }): JSX.Element {
  const { state, title, meaning, mend } = finding;
  return (
    <li>
      <div class="row-head">
        <strong>{title}</strong>
        <HealthPill state={state} />
      </div>
      {meaning === '' ? null : <p>{meaning}</p>}
      {mend === '' ? null : (
        <p>
          <strong>What to do:</strong> {mend}
        </p>
      )}
    </li>
  );
}

function Device(): JSX.Element {
  const device = useResource(box.device);
  return (
    <KnownCard
      id="device"
      title="Device"
      known={device}
      absent="This box does not measure its device."
      aside={device.value === undefined ? null : <HealthPill state={device.value.state} />}
    >
      {({ items, measuredAt }) => (
        <>
          <ul class="rows">
            {/* The clock has a card of its own. */}
            {items
              .filter(({ id }) => id !== 'clock')
              .map((item) => (
                <DeviceRow key={item.id} item={item} />
              ))}
          </ul>
          <p class="quiet small">
            Measured <When at={measuredAt} />
          </p>
        </>
      )}
    </KnownCard>
  );
}

function DeviceRow({ item }: { readonly item: DeviceItem }): JSX.Element {
  const { title, state, value, explanation } = item;
  return (
    <li>
      <div class="row-head">
        <span>{title}</span>
        <span class="reading">
          <strong>{value}</strong>
          {state === 'ok' ? null : <HealthPill state={state} />}
        </span>
      </div>
      <p class="quiet small">{explanation}</p>
    </li>
  );
}

function Figures(): JSX.Element {
  const status = useResource(box.status);
  return (
    <KnownCard
      id="figures"
      title="This box"
      known={status}
      absent="This box does not tell about itself."
    >
      {(state) => (
        <Facts
          facts={[
            { name: 'Box', value: <span class="code">{state.boxId}</span> },
            { name: 'Version', value: state.version },
            { name: 'Terminals connect to', value: <span class="code">{state.listen}</span> },
            { name: 'Running for', value: duration(state.uptimeSeconds) },
            { name: 'Database', value: bytes(state.databaseBytes) },
            { name: 'Write-ahead log', value: bytes(state.walBytes) },
            { name: 'Memory of the program', value: bytes(state.residentBytes) },
            {
              name: 'On the disk',
              value:
                state.lastCommit === state.durableCommit
                  ? 'every sale that was confirmed'
                  : 'the last writes are on their way',
            },
          ]}
        />
      )}
    </KnownCard>
  );
}
