/**
 * The page of a box that belongs to nobody yet: who it is for, where its sales go, who sells on it. The code on
 * the box's screen proves that one stands before it.
 *
 * Nothing but the code and the name is needed: a shop without a cloud, or without merchants yet, is claimed too.
 * The admin key is made here, in the browser, and shown once: the box keeps it, this page does not.
 */
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { ClaimAnswer } from '../operations.ts';
import { claim } from './api.ts';
import { CopyField } from './dialog.tsx';
import { Gate } from './login-page.tsx';
import { Button, Fault, useAction } from './parts.tsx';

interface MerchantDraft {
  readonly id: string;
  readonly name: string;
}

interface Draft {
  readonly code: string;
  readonly shop: string;
  readonly timeZone: string;
  readonly endpoint: string;
  readonly token: string;
  readonly merchants: readonly MerchantDraft[];
}

interface Claimed {
  readonly adminKey: string;
  readonly answer: ClaimAnswer;
}

/** 256 bits, as the box makes its own. */
const KEY_BYTES = 32;

function emptyDraft(): Draft {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return { code: '', shop: '', timeZone, endpoint: '', token: '', merchants: [] };
}

function makeKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return btoa(String.fromCharCode(...random))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

async function send(draft: Draft): Promise<Claimed> {
  const given = (text: string): string | null => (text.trim() === '' ? null : text.trim());
  const endpoint = given(draft.endpoint);
  const adminKey = makeKey();
  const answer = await claim(draft.code.trim(), {
    shop: draft.shop.trim(),
    timeZone: given(draft.timeZone),
    sync: endpoint === null ? null : { endpoint, token: given(draft.token), intervalSeconds: null },
    adminKey,
    merchants: draft.merchants.map(({ id, name }) => ({ id: id.trim(), name: name.trim() })),
  });
  return { adminKey, answer };
}

/** @param onLogin for somebody who has the admin key already */
export function ClaimPage({ onLogin }: { readonly onLogin: () => void }): JSX.Element {
  const [claimed, setClaimed] = useState<Claimed | null>(null);
  if (claimed !== null) return <ClaimedPage claimed={claimed} onDone={onLogin} />;
  return (
    <Gate
      title="A new box"
      lead="It belongs to nobody yet. Tell it who it is for; it needs no internet for that."
    >
      <ClaimForm onClaimed={setClaimed} />
      <div class="buttons">
        <Button onClick={onLogin}>I have the admin key: log in</Button>
      </div>
    </Gate>
  );
}

function ClaimForm(props: { readonly onClaimed: (claimed: Claimed) => void }): JSX.Element {
  const [draft, setDraft] = useState(emptyDraft);
  const action = useAction(async () => props.onClaimed(await send(draft)));
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        action.run();
      }}
    >
      <TextField
        label="Claim code"
        note="It stands on the screen of the box, for instance K7QF-3MZX."
        isCode
        isRequired
        value={draft.code}
        onValue={(code) => set({ code })}
      />
      <TextField
        label="Name of the shop"
        isRequired
        value={draft.shop}
        onValue={(shop) => set({ shop })}
      />
      <TextField
        label="Time zone"
        note="Taken from this device."
        value={draft.timeZone}
        onValue={(timeZone) => set({ timeZone })}
      />
      <fieldset>
        <legend>Cloud (can wait)</legend>
        <TextField
          label="Address"
          note="For instance https://cloud.example.com/api/sync"
          isCode
          value={draft.endpoint}
          onValue={(endpoint) => set({ endpoint })}
        />
        <TextField
          label="Token"
          isCode
          isSecret
          value={draft.token}
          onValue={(token) => set({ token })}
        />
      </fieldset>
      <MerchantFields merchants={draft.merchants} onChange={(merchants) => set({ merchants })} />
      {action.fault === null ? null : <Fault text={action.fault} />}
      <Button look="main" type="submit" disabled={action.isBusy}>
        {action.isBusy ? 'Claiming…' : 'Claim this box'}
      </Button>
    </form>
  );
}

function MerchantFields(props: {
  readonly merchants: readonly MerchantDraft[];
  readonly onChange: (merchants: readonly MerchantDraft[]) => void;
}): JSX.Element {
  const { merchants, onChange } = props;
  const put = (place: number, part: Partial<MerchantDraft>): void =>
    onChange(merchants.map((one, index) => (index === place ? { ...one, ...part } : one)));
  return (
    <fieldset>
      <legend>Merchants (can wait)</legend>
      {merchants.map((merchant, place) => (
        <div class="stack" key={String(place)}>
          <TextField
            label={`Name of merchant ${place + 1}`}
            isRequired
            value={merchant.name}
            onValue={(name) => put(place, { name })}
          />
          <TextField
            label={`User name of merchant ${place + 1}`}
            isCode
            isRequired
            value={merchant.id}
            onValue={(id) => put(place, { id })}
          />
          <div class="buttons">
            <Button onClick={() => onChange(merchants.filter((_, index) => index !== place))}>
              Take merchant {place + 1} out
            </Button>
          </div>
        </div>
      ))}
      <div class="buttons">
        <Button icon="plus" onClick={() => onChange([...merchants, { id: '', name: '' }])}>
          Add a merchant
        </Button>
      </div>
    </fieldset>
  );
}

function TextField(props: {
  readonly label: string;
  readonly note?: string;
  readonly value: string;
  readonly isRequired?: boolean;
  readonly isCode?: boolean;
  readonly isSecret?: boolean;
  readonly onValue: (value: string) => void;
}): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        class={props.isCode === true ? 'code' : ''}
        {...(props.isSecret === true ? { type: 'password' } : { type: 'text' })}
        required={props.isRequired ?? false}
        autoComplete="off"
        autoCapitalize={props.isCode === true ? 'none' : 'words'}
        spellcheck={false}
        aria-describedby={props.note === undefined ? undefined : `${id}-note`}
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      {props.note === undefined ? null : (
        <p id={`${id}-note`} class="quiet small">
          {props.note}
        </p>
      )}
    </div>
  );
}

/** The keys are seen here and never again. */
function ClaimedPage(props: {
  readonly claimed: Claimed;
  readonly onDone: () => void;
}): JSX.Element {
  const { adminKey, answer } = props.claimed;
  return (
    <Gate title={`This is the box of ${answer.shop}`} lead={location.hostname}>
      <p class="note">
        These keys are shown <strong>only now</strong>. Store them before you go on.
      </p>
      <CopyField label="Admin key" text={adminKey} />
      {answer.merchants.map(({ id, key }) => (
        <CopyField key={id} label={`Key of ${id}`} text={key} />
      ))}
      <p class="quiet">
        The box starts anew with its settings. That takes a few seconds; then log in with the admin
        key.
      </p>
      <Button look="main" onClick={props.onDone}>
        The keys are stored: log in
      </Button>
    </Gate>
  );
}
