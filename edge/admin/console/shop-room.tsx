/** The first room: does the shop sell, who sells what right now, which terminals are connected. */
import type { JSX } from 'preact';
import type { Finding, Terminal } from '../operations.ts';
import { box } from './api.ts';
import { useCell } from './cell.ts';
import { counted, duration } from './format.ts';
import { Icon } from './icons.tsx';
import { link } from './link.ts';
import { LiveSales, type Names } from './live-sales.tsx';
import { KnownCard, Pill, When } from './parts.tsx';
import { useNow, useResource } from './resource.ts';
import { type Concern, type ShopState, shopState } from './shop-state.ts';

export function ShopRoom(): JSX.Element {
  const merchants = useResource(box.merchants);
  const names: Names = new Map(merchants.value?.map(({ id, name }) => [id, name]));
  return (
    <div class="cards">
      <StateCard />
      <LiveSales names={names} />
      <Terminals names={names} />
    </div>
  );
}

function StateCard(): JSX.Element {
  const status = useResource(box.status);
  const findings = useResource(box.findings);
  const terminals = useResource(box.terminals);
  const { isUp } = useCell(link);
  const now = useNow();
  if (status.value === undefined) {
    return <p class="state unknown wide">Not known yet: the box has not answered.</p>;
  }
  const concerns = (findings.value ?? []).flatMap(toConcern);
  const selling = terminals.value?.filter(({ merchant }) => merchant !== null).length ?? null;
  const state = shopState(status.value, concerns, selling, now);
  const { tone, line, details } = isUp === false ? lastKnown(state) : state;
  return (
    <div class={`state wide ${tone}`} role="status" data-section="state">
      <Icon name={tone} />
      <div>
        <p>{line}</p>
        <ul>
          {details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** Nobody can say what the box does while it does not answer. */
function lastKnown({ line, details }: ShopState): ShopState {
  return { tone: 'unknown', line: `Not known now. Last known: ${line}`, details };
}

/** The cloud has words of its own in the line. */
function toConcern({ id, state, title }: Finding): readonly Concern[] {
  if (state === 'ok' || id === 'sync' || id === 'rejected') return [];
  return [{ isCritical: state === 'fail', title }];
}

function Terminals({ names }: { readonly names: Names }): JSX.Element {
  const terminals = useResource(box.terminals);
  const list = terminals.value ?? [];
  return (
    <KnownCard
      id="terminals"
      title="Terminals connected now"
      wide
      known={terminals}
      absent="This box does not list its connections."
      aside={
        terminals.value === undefined ? null : (
          <span class="quiet">{counted(list.length, 'connection')}</span>
        )
      }
    >
      {() =>
        list.length === 0 ? (
          <p class="quiet">None. A terminal appears here as soon as it has logged in.</p>
        ) : (
          <ul class="rows tiles">
            {list.map((terminal) => (
              <TerminalRow key={terminal.pid} terminal={terminal} names={names} />
            ))}
          </ul>
        )
      }
    </KnownCard>
  );
}

function TerminalRow(props: { readonly terminal: Terminal; readonly names: Names }): JSX.Element {
  const { user, merchant, address, tls, since, idleSeconds, statements, state } = props.terminal;
  const name = merchant === null ? 'Administrator' : (props.names.get(merchant) ?? merchant);
  // `merchant/terminal`, as given at login.
  const slash = user.indexOf('/');
  return (
    <li data-terminal={user}>
      <div class="row-head">
        <strong>{slash < 0 ? name : `${name} / ${user.slice(slash + 1)}`}</strong>
        <Pill tone={tls ? 'good' : 'warn'}>{tls ? 'Encrypted' : 'Not encrypted'}</Pill>
      </div>
      <p class="quiet small">
        <span class="code">{address}</span> · {STATE_WORDS[state]} · {lastActive(idleSeconds)}
        <br />
        connected <When at={since} /> · {counted(statements, 'statement')}
      </p>
    </li>
  );
}

const STATE_WORDS: Readonly<Record<Terminal['state'], string>> = {
  active: 'working',
  idle: 'waiting',
  'idle in transaction': 'in an open transaction',
  'idle in failed transaction': 'in a failed transaction',
};

function lastActive(idleSeconds: number): string {
  return idleSeconds < 2 ? 'active now' : `active ${duration(idleSeconds)} ago`;
}
