/** The way to the cloud: what waits, since when, what the cloud refused, and the levers. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RejectedRow, SyncStatus } from '../operations.ts';
import { box, settleRejected, sync } from './api.ts';
import { Confirm } from './dialog.tsx';
import { count, counted, duration } from './format.ts';
import { ActionButton, Button, Facts, KnownCard, Pill, type Tone, When } from './parts.tsx';
import { useResource } from './resource.ts';

export function CloudRoom(): JSX.Element {
  const status = useResource(box.status);
  const isOff = status.value?.sync.enabled === false;
  return (
    <div class="cards">
      <KnownCard
        id="sync"
        title="Sending to the cloud"
        known={status}
        absent="This box does not tell about its cloud."
        aside={status.value === undefined ? null : <LinkPill sync={status.value.sync} />}
      >
        {({ sync: state }) => (isOff ? <SyncOff /> : <SyncOn state={state} />)}
      </KnownCard>
      {isOff ? null : <Rejected />}
    </div>
  );
}

function LinkPill({ sync: state }: { readonly sync: SyncStatus }): JSX.Element {
  const [tone, text] = linkWords(state);
  return <Pill tone={tone}>{text}</Pill>;
}

function linkWords(state: SyncStatus): readonly [Tone, string] {
  if (!state.enabled) return ['unknown', 'Off'];
  if (state.paused) return ['warn', 'Paused'];
  if (state.link === 'up') return ['good', 'Link up'];
  return state.link === 'down' ? ['warn', 'Link down'] : ['unknown', 'Not tried yet'];
}

function SyncOff(): JSX.Element {
  return (
    <p>
      This box sends nothing to a cloud. The shop sells all the same. To send, set
      <span class="code"> sync.enable_remote_sync</span> and
      <span class="code"> sync.sync_endpoint</span> in its configuration.
    </p>
  );
}

function SyncOn({ state }: { readonly state: SyncStatus }): JSX.Element {
  return (
    <>
      <dl class="figures">
        <div>
          <dt>Rows waiting</dt>
          <dd>{count(state.unsyncedRows)}</dd>
        </div>
        <div>
          <dt>Oldest waits</dt>
          <dd>
            {state.oldestUnsyncedSeconds === null ? '—' : duration(state.oldestUnsyncedSeconds)}
          </dd>
        </div>
        <div>
          <dt>Refused rows</dt>
          <dd>{count(state.rejectedRows)}</dd>
        </div>
        <div>
          <dt>Rows sent</dt>
          <dd>{count(state.rowsSent)}</dd>
        </div>
      </dl>
      <Facts
        facts={[
          { name: 'Last success', value: <When at={state.lastSuccess} /> },
          state.lastError === null ? null : { name: 'Last error', value: state.lastError },
        ]}
      />
      <p class="quiet">
        “Rows sent” counts since the box started. What waits is stored on the box and goes out when
        the link is back; nothing is lost meanwhile.
      </p>
      <div class="buttons">
        <ActionButton
          look="main"
          icon="upload"
          busy="Sending…"
          work={async () => void (await sync('now'))}
        >
          Send now
        </ActionButton>
        <ActionButton work={async () => void (await sync(state.paused ? 'resume' : 'pause'))}>
          {state.paused ? 'Resume sending' : 'Pause sending'}
        </ActionButton>
      </div>
    </>
  );
}

function Rejected(): JSX.Element | null {
  const rejected = useResource(box.rejected);
  const [discard, setDiscard] = useState<RejectedRow | null>(null);
  return (
    <>
      <KnownCard
        id="rejected"
        title="Rows that the cloud refused"
        known={rejected}
        absent="This box does not list refused rows."
      >
        {(rows) =>
          rows.length === 0 ? (
            <p class="quiet">None. The cloud took everything that was sent.</p>
          ) : (
            <>
              <p>
                {counted(rows.length, 'row')} set aside. They are safe on the box; the others go on.
                Mend the reason, then try again.
              </p>
              <ul class="rows">
                {rows.map((row) => (
                  <RejectedItem key={row.id} row={row} onDiscard={() => setDiscard(row)} />
                ))}
              </ul>
            </>
          )
        }
      </KnownCard>
      {discard === null ? null : (
        <Confirm
          title="Give this row up?"
          verb="Give it up"
          work={() => settleRejected(discard.id, 'discard')}
          onClose={() => setDiscard(null)}
        >
          <p>
            The row stays on the box, but it will never reach the cloud. Do this only when the
            office knows about it.
          </p>
        </Confirm>
      )}
    </>
  );
}

function RejectedItem(props: {
  readonly row: RejectedRow;
  readonly onDiscard: () => void;
}): JSX.Element {
  const { row } = props;
  return (
    <li>
      <div class="row-head">
        <strong>{row.merchant ?? 'Shared'}</strong>
        <span class="code">{row.table}</span>
      </div>
      <p>{row.reason}</p>
      <p class="quiet small">
        Refused <When at={row.since} />
      </p>
      <div class="buttons">
        <ActionButton work={() => settleRejected(row.id, 'retry')}>Try again</ActionButton>
        <Button onClick={props.onDiscard}>Give up…</Button>
      </div>
    </li>
  );
}
