/** Live sales: one row of bars for each merchant, one scale for all, and the list of what was just written. */
import type { JSX } from 'preact';
import { type Activity, activity, OTHERS, SECONDS_SHOWN, type Told } from './activity.ts';
import { Bars } from './bars.tsx';
import { useCell } from './cell.ts';
import { absolute, counted } from './format.ts';
import { link } from './link.ts';
import { Card, Pill, type Tone } from './parts.tsx';

/** Names of merchants by id. */
export type Names = ReadonlyMap<string, string>;

/** The busiest merchants are drawn; a shop has a handful, a market hall more. */
const TRADERS_MAX = 12;

export function LiveSales({ names }: { readonly names: Names }): JSX.Element {
  const now = useCell(activity);
  const { isUp } = useCell(link);
  return (
    <>
      <Card
        id="live"
        title="Live sales"
        aside={<StreamPill stream={isUp === false ? 'broken' : now.stream} />}
      >
        {now.stream === 'refused' ? (
          <p class="quiet">The box does not tell what is being written; the page goes on asking.</p>
        ) : (
          <Traders rows={now.rowsByMerchant} names={names} />
        )}
      </Card>
      {now.stream === 'refused' ? null : <Ticker told={now.told} names={names} />}
    </>
  );
}

function nameOf(merchant: string | null, names: Names): string {
  if (merchant === null || merchant === OTHERS) return 'Administrator and others';
  return names.get(merchant) ?? merchant;
}

const STREAM_WORDS: Readonly<Record<Activity['stream'], readonly [Tone, string]>> = {
  open: ['good', 'Live'],
  closed: ['unknown', 'Connecting'],
  broken: ['warn', 'Interrupted'],
  refused: ['unknown', 'Not told'],
};

function StreamPill({ stream }: { readonly stream: Activity['stream'] }): JSX.Element {
  const [tone, word] = STREAM_WORDS[stream];
  return <Pill tone={tone}>{word}</Pill>;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function Traders(props: {
  readonly rows: Activity['rowsByMerchant'];
  readonly names: Names;
}): JSX.Element {
  const traders = [...props.rows]
    .map(([merchant, values]) => ({ merchant, values, total: sum(values) }))
    .filter(({ total }) => total > 0)
    .sort((left, right) => right.total - left.total);
  const shown = traders.slice(0, TRADERS_MAX);
  const all = Array.from({ length: SECONDS_SHOWN }, (_, second) =>
    sum(traders.map(({ values }) => values[second] ?? 0)),
  );
  const total = sum(all);
  const top = Math.max(1, ...shown.flatMap(({ values }) => values));
  return (
    <>
      <div>
        <div class="row-head">
          <span data-figure="rows-last-minute">
            <strong>{counted(total, 'row')}</strong> in the last minute
          </span>
          <span class="quiet">{counted(traders.length, 'merchant')}</span>
        </div>
        <Bars
          isTall
          label={`All merchants: ${counted(total, 'row')} written in the last ${SECONDS_SHOWN} seconds`}
          values={all}
          top={Math.max(1, ...all)}
        />
        <div class="axis small quiet" aria-hidden="true">
          <span>{SECONDS_SHOWN} s ago</span>
          <span>at most {counted(Math.max(...all), 'row')}/s</span>
          <span>now</span>
        </div>
      </div>
      {shown.length === 0 ? (
        <p class="quiet">Nobody has written anything in the last minute.</p>
      ) : (
        <ul>
          {shown.map(({ merchant, values, total: rows }) => (
            <li key={merchant} class="trader" data-trader={merchant}>
              <strong>{nameOf(merchant, props.names)}</strong>
              <Bars
                label={`${nameOf(merchant, props.names)}: ${counted(rows, 'row')} in the last ${SECONDS_SHOWN} seconds`}
                values={values}
                top={top}
              />
              <span class="rate">{counted(rows, 'row')}</span>
            </li>
          ))}
        </ul>
      )}
      {traders.length > shown.length ? (
        <p class="quiet">and {counted(traders.length - shown.length, 'more merchant')}</p>
      ) : null}
    </>
  );
}

function Ticker(props: { readonly told: readonly Told[]; readonly names: Names }): JSX.Element {
  const { told, names } = props;
  return (
    <Card id="ticker" title="Just written">
      {told.length === 0 ? (
        <p class="quiet">What terminals write appears here while this page is open.</p>
      ) : (
        // A list that scrolls must be reachable by keyboard.
        <ol class="ticker" tabIndex={0} aria-label="Just written, newest first">
          {told.map((entry) => (
            <li key={entry.number}>
              <time dateTime={new Date(entry.atMs).toISOString()}>
                {absolute(entry.atMs, entry.atMs)}
              </time>
              <span>
                <strong>{nameOf(entry.merchant, names)}</strong>{' '}
                <span class="quiet">{entry.table ?? 'several tables'}</span>
              </span>
              <span>{counted(entry.rows, 'row')}</span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
