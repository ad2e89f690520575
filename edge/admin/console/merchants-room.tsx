/** Who sells on this box: the merchants, their keys, and whether they may log in. */
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { BoxStatus, MerchantSummary, MerchantWithKey } from '../operations.ts';
import { addMerchant, box, removeMerchant, rotateKey, setSuspended } from './api.ts';
import { Confirm, CopyField, Dialog } from './dialog.tsx';
import { counted } from './format.ts';
import { ActionButton, Button, Fault, KnownCard, Pill, useAction } from './parts.tsx';
import { useResource } from './resource.ts';

type Open =
  | { readonly kind: 'add' }
  | { readonly kind: 'key'; readonly merchant: MerchantWithKey; readonly isNew: boolean }
  | { readonly kind: 'rotate' | 'remove'; readonly merchant: MerchantSummary };

export function MerchantsRoom(): JSX.Element {
  const merchants = useResource(box.merchants);
  const status = useResource(box.status);
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => setOpen(null);
  return (
    <div class="cards">
      <KnownCard
        id="merchants"
        title="Merchants"
        wide
        known={merchants}
        absent="This box does not list its merchants."
        aside={
          <Button look="main" icon="plus" onClick={() => setOpen({ kind: 'add' })}>
            Add a merchant
          </Button>
        }
      >
        {(list) =>
          list.length === 0 ? (
            <p class="quiet">No merchant yet. Add the first one: its terminals can sell at once.</p>
          ) : (
            <ul class="rows">
              {list.map((merchant) => (
                <MerchantRow key={merchant.id} merchant={merchant} onOpen={setOpen} />
              ))}
            </ul>
          )
        }
      </KnownCard>
      {open === null ? null : (
        <OpenDialog open={open} status={status.value} onOpen={setOpen} onClose={close} />
      )}
    </div>
  );
}

function MerchantRow(props: {
  readonly merchant: MerchantSummary;
  readonly onOpen: (open: Open) => void;
}): JSX.Element {
  const { merchant, onOpen } = props;
  const isActive = merchant.status === 'active';
  return (
    <li data-merchant={merchant.id}>
      <div class="row-head">
        <strong>{merchant.name}</strong>
        <Pill tone={isActive ? 'good' : 'warn'}>{isActive ? 'May sell' : 'Suspended'}</Pill>
      </div>
      <p class="quiet">
        User name <span class="code">{merchant.id}</span>
        <br />
        {counted(merchant.keys, 'valid key')} · tier {merchant.tier}
      </p>
      <div class="buttons three">
        <ActionButton
          label={`${isActive ? 'Suspend' : 'Resume'} ${merchant.name}`}
          work={() => setSuspended(merchant.id, isActive)}
        >
          {isActive ? 'Suspend' : 'Resume'}
        </ActionButton>
        <Button
          label={`New key for ${merchant.name}`}
          onClick={() => onOpen({ kind: 'rotate', merchant })}
        >
          New key
        </Button>
        <Button
          label={`Remove ${merchant.name}`}
          onClick={() => onOpen({ kind: 'remove', merchant })}
        >
          Remove
        </Button>
      </div>
    </li>
  );
}

function OpenDialog(props: {
  readonly open: Open;
  readonly status: BoxStatus | undefined;
  readonly onOpen: (open: Open) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { open, onOpen, onClose } = props;
  switch (open.kind) {
    case 'add':
      return (
        <AddDialog
          onAdded={(merchant) => onOpen({ kind: 'key', merchant, isNew: true })}
          onClose={onClose}
        />
      );
    case 'key':
      return (
        <KeyDialog
          merchant={open.merchant}
          isNew={open.isNew}
          status={props.status}
          onClose={onClose}
        />
      );
    case 'rotate':
      return <RotateDialog merchant={open.merchant} onOpen={onOpen} onClose={onClose} />;
    case 'remove':
      return (
        <Confirm
          title={`Remove ${open.merchant.name}?`}
          verb={`Remove ${open.merchant.id}`}
          work={() => removeMerchant(open.merchant.id)}
          onClose={onClose}
        >
          <p>
            Its keys stop working for good and its terminals are disconnected. A merchant that still
            has rows in a table is not removed: suspend it instead, and nothing is lost.
          </p>
        </Confirm>
      );
  }
}

function AddDialog(props: {
  readonly onAdded: (merchant: MerchantWithKey) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const nameField = useId();
  const idField = useId();
  const action = useAction(async () => props.onAdded(await addMerchant(id, name)));
  return (
    <Dialog title="Add a merchant" onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          action.run();
        }}
      >
        <div class="field">
          <label for={nameField}>Name</label>
          <input
            id={nameField}
            name="name"
            required
            maxLength={200}
            autoComplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for={idField}>User name for its terminals</label>
          <input
            id={idField}
            name="id"
            class="code"
            required
            maxLength={63}
            autoCapitalize="none"
            autoComplete="off"
            spellcheck={false}
            aria-describedby={`${idField}-note`}
            value={id}
            onInput={(event) => setId(event.currentTarget.value)}
          />
          <p id={`${idField}-note`} class="quiet small">
            Short, without “/” and without spaces at the ends, for instance “north-cafe”. It cannot
            be changed later.
          </p>
        </div>
        {action.fault === null ? null : <Fault text={action.fault} />}
        <div class="buttons end">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button look="main" type="submit" disabled={action.isBusy}>
            {action.isBusy ? 'Adding…' : 'Add'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The only time that the key is seen; what else a terminal must be told stands beside it. */
function KeyDialog(props: {
  readonly merchant: MerchantWithKey;
  readonly isNew: boolean;
  readonly status: BoxStatus | undefined;
  readonly onClose: () => void;
}): JSX.Element {
  const { merchant, isNew, status } = props;
  const port = status?.listen.slice(status.listen.lastIndexOf(':') + 1) ?? '5432';
  return (
    <Dialog title={isNew ? 'Merchant added' : 'New key'} onClose={props.onClose}>
      <p class="note">
        This key is shown <strong>only now</strong>. The box keeps no copy that could be read. Put
        it into the terminals of <strong>{merchant.id}</strong> before you close this.
      </p>
      <CopyField label="Key" text={merchant.key} />
      <CopyField
        label="Connection for a terminal"
        text={connectionText(location.hostname, port, merchant.id)}
      />
      <p class="quiet small">
        The key is the password. A terminal asks for it, or reads PGPASSWORD.
      </p>
      <div class="buttons end">
        <Button look="main" onClick={props.onClose}>
          The key is stored
        </Button>
      </div>
    </Dialog>
  );
}

/** libpq's form: a value with anything but plain characters is quoted. */
function connectionText(host: string, port: string, user: string): string {
  const quoted = /^[\w.-]+$/.test(user)
    ? user
    : `'${user.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `host=${host} port=${port} dbname=pos user=${quoted} sslmode=require`;
}

function RotateDialog(props: {
  readonly merchant: MerchantSummary;
  readonly onOpen: (open: Open) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { merchant, onOpen, onClose } = props;
  const action = useAction(async () =>
    onOpen({ kind: 'key', merchant: await rotateKey(merchant.id), isNew: false }),
  );
  return (
    <Dialog title={`New key for ${merchant.name}?`} onClose={onClose}>
      <p>
        Every key that {merchant.name} has now stops working. Its terminals need the new one for
        their next login.
      </p>
      {action.fault === null ? null : <Fault text={action.fault} />}
      <div class="buttons end">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" disabled={action.isBusy} onClick={action.run}>
          {action.isBusy ? 'Making a key…' : 'Make a new key'}
        </Button>
      </div>
    </Dialog>
  );
}
