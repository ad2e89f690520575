/** The page's frame: the door or the five rooms, where one is (the address's #), and whether the box answers. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { listen } from './activity.ts';
import { box } from './api.ts';
import { BoxRoom } from './box-room.tsx';
import { useCell } from './cell.ts';
import { ClaimPage } from './claim-page.tsx';
import { CloudRoom } from './cloud-room.tsx';
import { absolute, duration } from './format.ts';
import { Icon, type IconName } from './icons.tsx';
import { link, session } from './link.ts';
import { LoginPage } from './login-page.tsx';
import { MerchantsRoom } from './merchants-room.tsx';
import { type Known, useNow, useResource } from './resource.ts';
import { ShopRoom } from './shop-room.tsx';
import { UpkeepRoom } from './upkeep-room.tsx';

interface Room {
  readonly id: string;
  readonly word: string;
  readonly icon: IconName;
  readonly View: () => JSX.Element;
}

const ROOMS: readonly [Room, ...Room[]] = [
  { id: 'shop', word: 'Shop', icon: 'shop', View: ShopRoom },
  { id: 'merchants', word: 'Merchants', icon: 'merchants', View: MerchantsRoom },
  { id: 'cloud', word: 'Cloud', icon: 'cloud', View: CloudRoom },
  { id: 'box', word: 'Box', icon: 'box', View: BoxRoom },
  { id: 'upkeep', word: 'Upkeep', icon: 'upkeep', View: UpkeepRoom },
];

export function App(): JSX.Element {
  const state = useCell(session);
  const claim = useResource(box.claim);
  const [door, setDoor] = useState<'claim' | 'login' | null>(null);
  const hadSession = useRef(false);
  if (state === 'in') hadSession.current = true;
  const isKnown = isSettled(claim);
  const isClaimable = claim.value?.claimable === true;
  useEffect(() => {
    // The claim's page stays once it is open: its keys must be read although the box is claimed by then.
    if (isKnown && door === null) setDoor(isClaimable ? 'claim' : 'login');
  }, [isKnown, isClaimable, door]);
  if (state === 'in') return <Rooms />;
  if (door === 'claim') return <ClaimPage onLogin={() => setDoor('login')} />;
  if (door === 'login' && state === 'out') return <LoginPage hadSession={hadSession.current} />;
  return <Rooms />;
}

/** The box has said something, be it that it knows no such question. */
function isSettled(known: Known<unknown>): boolean {
  return known.value !== undefined || known.fault !== null;
}

function Rooms(): JSX.Element {
  const room = useRoom();
  const { isUp } = useCell(link);
  const status = useResource(box.status);
  const heading = useRef<HTMLHeadingElement>(null);
  const entered = useRef(room.id);
  useEffect(listen, []);
  useEffect(() => {
    if (entered.current === room.id) return;
    entered.current = room.id;
    window.scrollTo(0, 0);
    heading.current?.focus();
  }, [room]);
  if (status.value === undefined && isUp !== false) return <p class="boot">Asking the box…</p>;
  const refused = status.value?.sync.rejectedRows ?? 0;
  return (
    <div class={isUp === false ? 'frame stale' : 'frame'}>
      <TopBar />
      <Outage />
      <nav class="rooms" aria-label="Rooms">
        {ROOMS.map(({ id, word, icon }) => (
          <a key={id} href={`#${id}`} aria-current={id === room.id ? 'page' : undefined}>
            <Icon name={icon} />
            <span>{word}</span>
            {id === 'cloud' && refused > 0 ? (
              <span class="badge">
                {refused}
                <span class="unseen"> refused rows</span>
              </span>
            ) : null}
          </a>
        ))}
      </nav>
      <main>
        <h1 class="unseen" ref={heading} tabIndex={-1}>
          {room.word}
        </h1>
        <room.View />
      </main>
    </div>
  );
}

function useRoom(): Room {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const moved = (): void => setHash(location.hash);
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return ROOMS.find((room) => `#${room.id}` === hash) ?? ROOMS[0];
}

/** Characters that tell the boxes of a chain apart; the whole id stands in the box's room. */
const BOX_ID_SHOWN = 8;

function TopBar(): JSX.Element {
  const status = useResource(box.status);
  const claim = useResource(box.claim);
  return (
    <header class="top">
      <img class="mark" src="/console.svg" alt="" />
      <p class="top-name">
        <strong>{claim.value?.shop ?? location.hostname}</strong>
        <span class="quiet small">
          {status.value === undefined
            ? 'helios box'
            : `Box ${status.value.boxId.slice(0, BOX_ID_SHOWN)} · version ${status.value.version}`}
        </span>
      </p>
    </header>
  );
}

/** Said until the box answers again; the page goes on showing what was known last. */
function Outage(): JSX.Element {
  const { isUp, lastHeardMs, downSinceMs } = useCell(link);
  const now = useNow();
  const since = lastHeardMs ?? downSinceMs;
  return (
    <div role="alert">
      {isUp !== false || since === null ? null : (
        <div class="outage">
          <Icon name="bad" />
          <p>
            Box unreachable since {absolute(since, now)} ({duration((now - since) / 1000)}). Below
            is the last known state; the page tries again by itself.
          </p>
        </div>
      )}
    </div>
  );
}
