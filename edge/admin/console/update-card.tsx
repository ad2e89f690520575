/** The system's two slots, what became of the last update, and the way to give the box a new one. */
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { UpdateAttempt, UpdatePhase } from '../../update/attempt.ts';
import type { Refusal, UpdateStatus } from '../../update/update-record.ts';
import { box, sendUpdate } from './api.ts';
import { bytes, counted, percent } from './format.ts';
import {
  Button,
  Facts,
  Fault,
  KnownCard,
  Meter,
  Pill,
  type Tone,
  useAction,
  When,
} from './parts.tsx';
import { useResource } from './resource.ts';

const PHASES: Readonly<Record<UpdatePhase, readonly [Tone, string]>> = {
  writing: ['unknown', 'Being written'],
  trial: ['warn', 'On trial'],
  good: ['good', 'In use'],
  failed: ['bad', 'Failed'],
  interrupted: ['warn', 'Interrupted'],
  'rolled-back': ['bad', 'Rolled back'],
};

export function UpdateCard(): JSX.Element {
  const update = useResource(box.update);
  return (
    <KnownCard
      id="update"
      title="Update"
      known={update}
      absent="This box cannot be updated from here."
    >
      {(status) =>
        status.supported ? (
          <>
            <Slots status={status} />
            {status.last === null ? (
              <p class="quiet">No update was installed yet.</p>
            ) : (
              <LastUpdate attempt={status.last} />
            )}
            {status.refusal === null ? null : <Refused refusal={status.refusal} />}
            <Upload />
          </>
        ) : (
          <p>
            Version <strong>{status.running}</strong> runs. This machine was not flashed with the
            appliance image: update it the way it was installed.
          </p>
        )
      }
    </KnownCard>
  );
}

function Slots({ status }: { readonly status: UpdateStatus }): JSX.Element {
  const triesOf = (version: string | null): number | null =>
    status.entries.find((entry) => entry.version === version)?.triesLeft ?? null;
  return (
    <Facts
      facts={[
        { name: 'Running', value: `version ${status.running}` },
        ...status.slots.map(({ label, version, running }) => {
          const tries = triesOf(version);
          const content = version === null ? 'empty' : `version ${version}`;
          const state = running ? ', runs' : '';
          const trial = tries === null ? '' : `, ${counted(tries, 'try', 'tries')} left`;
          return { name: `Slot ${label}`, value: content + state + trial };
        }),
      ]}
    />
  );
}

function LastUpdate({ attempt }: { readonly attempt: UpdateAttempt }): JSX.Element {
  const [tone, word] = PHASES[attempt.phase];
  return (
    <div class="stack" data-update={attempt.phase}>
      <div class="row-head">
        <strong>
          Last update: {attempt.from} → {attempt.version}
        </strong>
        <Pill tone={tone}>{word}</Pill>
      </div>
      <p class="quiet">
        Begun <When at={attempt.begun} />
      </p>
      {attempt.phase === 'rolled-back' ? (
        <p>The box went back to version {attempt.from} by itself. The shop sells as before.</p>
      ) : null}
      {attempt.reason === null ? null : <p>{attempt.reason}</p>}
      {attempt.backup === null ? (
        attempt.backupNote !== null && <p class="quiet">{attempt.backupNote}</p>
      ) : (
        <p class="quiet small">
          Backup made before it: <span class="code">{attempt.backup}</span>
        </p>
      )}
    </div>
  );
}

/** A bundle that the updater itself did not take, from a stick or from here. */
function Refused({ refusal }: { readonly refusal: Refusal }): JSX.Element {
  return (
    <div class="note">
      <p>
        <span class="code">{refusal.file}</span> was refused <When at={refusal.at} />:{' '}
        {refusal.reason}
      </p>
    </div>
  );
}

function Upload(): JSX.Element {
  const field = useId();
  const [file, setFile] = useState<File | null>(null);
  const [sentBytes, setSent] = useState(0);
  const [isDone, setDone] = useState(false);
  const action = useAction(async () => {
    if (file === null) return;
    setSent(0);
    setDone(false);
    await sendUpdate(file, setSent);
    setDone(true);
    setFile(null);
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        action.run();
      }}
    >
      <div class="field">
        <label for={field}>Update bundle (a file that ends in .heliosupdate)</label>
        <input
          id={field}
          type="file"
          accept=".heliosupdate"
          disabled={action.isBusy}
          onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
        />
      </div>
      {action.isBusy && file !== null ? <Progress sent={sentBytes} total={file.size} /> : null}
      {action.fault === null ? null : <Fault text={action.fault} />}
      <p role="status">
        {isDone
          ? 'The bundle is on the box and is genuine. It is installed now; the box restarts by itself, and this page comes back with it.'
          : ''}
      </p>
      <div class="buttons">
        <Button type="submit" icon="upload" disabled={file === null || action.isBusy}>
          {action.isBusy ? 'Sending…' : 'Send and install'}
        </Button>
      </div>
    </form>
  );
}

function Progress({ sent, total }: { readonly sent: number; readonly total: number }): JSX.Element {
  const share = total === 0 ? 0 : Math.min(1, sent / total);
  return (
    <Meter
      label={share < 1 ? 'Sending' : 'The box checks the bundle'}
      share={share}
      tone="good"
      text={`${bytes(Math.min(sent, total))} of ${bytes(total)}, ${percent(share * 100)}`}
    />
  );
}
