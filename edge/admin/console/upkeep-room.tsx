/** What keeps the box well over the years: backups, updates, help from afar; and the way out. */
import type { JSX } from 'preact';
import type { BackupSummary } from '../operations.ts';
import { box, logout, makeBackup } from './api.ts';
import { bytes } from './format.ts';
import { Icon } from './icons.tsx';
import { ActionButton, Card, KnownCard, Pill, When } from './parts.tsx';
import { useResource } from './resource.ts';
import { UpdateCard } from './update-card.tsx';

export function UpkeepRoom(): JSX.Element {
  return (
    <div class="cards">
      <Backups />
      <UpdateCard />
      <Card id="support" title="Help from afar">
        <p>
          The support bundle holds the log, the figures, the configuration and what the doctor says.
          It holds no keys, no passwords and no sales. Send it to whoever helps you.
        </p>
        <div class="buttons">
          <a class="button" href="/api/v1/support-bundle" download="helios-edge-support.tar.gz">
            <Icon name="download" />
            <span>Download the bundle</span>
          </a>
        </div>
      </Card>
      <Card id="session" title="Your session">
        <p>You are logged in as the administrator of this box.</p>
        <div class="buttons">
          <ActionButton work={logout} busy="Logging out…">
            Log out
          </ActionButton>
        </div>
      </Card>
    </div>
  );
}

function Backups(): JSX.Element {
  const backups = useResource(box.backups);
  return (
    <KnownCard
      id="backups"
      title="Backups"
      known={backups}
      absent="This box makes no backups from here."
    >
      {(list) => (
        <>
          {list.length === 0 ? (
            <p class="quiet">No backup yet.</p>
          ) : (
            <ul class="rows">
              {list.map((backup) => (
                <BackupRow key={backup.path} backup={backup} />
              ))}
            </ul>
          )}
          <p class="quiet">
            A backup is made while the shop sells, and read back before it counts. Copy one off the
            box now and then: a disk that breaks takes its backups along.
          </p>
          <div class="buttons">
            <ActionButton look="main" busy="Making a backup…" work={makeBackup}>
              Make a backup now
            </ActionButton>
          </div>
        </>
      )}
    </KnownCard>
  );
}

function BackupRow({ backup }: { readonly backup: BackupSummary }): JSX.Element {
  return (
    <li>
      <div class="row-head">
        {backup.createdAt === null ? (
          <Pill tone="bad">Not readable</Pill>
        ) : (
          <When at={backup.createdAt} />
        )}
        <strong>{bytes(backup.bytes)}</strong>
      </div>
      {backup.label === null ? null : <p>{backup.label}</p>}
      <p class="quiet small code">{backup.path}</p>
    </li>
  );
}
