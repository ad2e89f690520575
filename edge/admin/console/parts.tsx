/** What every section is made of: cards, facts, pills, meters, times, buttons that work and say when they fail. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { absolute, fullTime, relative } from './format.ts';
import { Icon, type IconName } from './icons.tsx';
import { faultText } from './request.ts';
import { type Known, useNow } from './resource.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'unknown';

export function Card(props: {
  readonly title: string;
  readonly id: string;
  readonly aside?: ComponentChildren;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  const heading = useId();
  return (
    <section
      class={props.wide === true ? 'card wide' : 'card'}
      data-section={props.id}
      aria-labelledby={heading}
    >
      <header class="card-head">
        <h2 id={heading}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

/** A card whose content the box must tell first; it says so while that is unknown, refused, or not there. */
export function KnownCard<T>(props: {
  readonly title: string;
  readonly id: string;
  readonly known: Known<T>;
  /** Said when this box has no such part. */
  readonly absent: string;
  readonly aside?: ComponentChildren;
  readonly wide?: boolean;
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element {
  const { known } = props;
  return (
    <Card title={props.title} id={props.id} wide={props.wide ?? false} aside={props.aside}>
      {known.isAbsent ? (
        <p class="quiet">{props.absent}</p>
      ) : (
        <>
          {known.fault === null ? null : <Fault text={known.fault} />}
          {known.value === undefined
            ? known.fault === null && <p class="quiet">Asking the box…</p>
            : props.children(known.value)}
        </>
      )}
    </Card>
  );
}

export function Fault({ text }: { readonly text: string }): JSX.Element {
  return (
    <p class="fault" role="alert">
      <Icon name="warn" /> <span>{text}</span>
    </p>
  );
}

export function Pill(props: {
  readonly tone: Tone;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <span class={`pill ${props.tone}`}>
      <Icon name={props.tone} />
      {props.children}
    </span>
  );
}

export interface Fact {
  readonly name: string;
  readonly value: ComponentChildren;
}

export function Facts({ facts }: { readonly facts: readonly (Fact | null)[] }): JSX.Element {
  return (
    <dl class="facts">
      {facts.map((fact) =>
        fact === null ? null : (
          <div key={fact.name}>
            <dt>{fact.name}</dt>
            <dd>{fact.value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** A time, relative and absolute. */
export function When({ at }: { readonly at: string | number | null }): JSX.Element {
  const now = useNow();
  const atMs = typeof at === 'string' ? Date.parse(at) : at;
  if (atMs === null || Number.isNaN(atMs)) return <span>never</span>;
  return (
    <time dateTime={new Date(atMs).toISOString()} title={fullTime(atMs)}>
      {relative(atMs, now)} <span class="quiet">({absolute(atMs, now)})</span>
    </time>
  );
}

/** How full something is, from 0 to 1, as a bar; the words beside it say the same. */
export function Meter(props: {
  readonly label: string;
  readonly share: number;
  readonly tone: Tone;
  readonly text: string;
}): JSX.Element {
  const share = Math.min(1, Math.max(0, props.share));
  return (
    <div class="meter">
      <div class="meter-words">
        <span>{props.label}</span>
        <span>{props.text}</span>
      </div>
      <svg
        class={props.tone}
        viewBox="0 0 100 4"
        preserveAspectRatio="none"
        role="meter"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={props.text}
      >
        <rect class="track" width="100" height="4" />
        <rect class="fill" width={share * 100} height="4" />
      </svg>
    </div>
  );
}

type ButtonLook = 'plain' | 'main' | 'danger';

interface ButtonProps {
  readonly look?: ButtonLook;
  readonly icon?: IconName;
  readonly type?: 'button' | 'submit';
  readonly disabled?: boolean;
  /** For a screen reader, where the visible word alone is not enough. */
  readonly label?: string;
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
}

export function Button(props: ButtonProps): JSX.Element {
  return (
    <button
      type={props.type ?? 'button'}
      class={`button ${props.look ?? 'plain'}`}
      disabled={props.disabled ?? false}
      aria-label={props.label}
      onClick={props.onClick}
    >
      {props.icon === undefined ? null : <Icon name={props.icon} />}
      <span>{props.children}</span>
    </button>
  );
}

export interface Action {
  readonly run: () => void;
  readonly isBusy: boolean;
  readonly fault: string | null;
}

/** Work that takes a while: one at a time, and its failure stays readable until the next try. */
export function useAction(work: () => Promise<void>): Action {
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const isGone = useRef(false);
  useEffect(
    () => () => {
      isGone.current = true;
    },
    [],
  );
  const run = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await work();
    } catch (error) {
      if (!isGone.current) setFault(faultText(error));
    }
    if (!isGone.current) setBusy(false);
  };
  return { run: () => void (isBusy ? undefined : run()), isBusy, fault };
}

/** A button that does its work at once; the failure is told below it. */
export function ActionButton(
  props: Omit<ButtonProps, 'onClick' | 'type'> & {
    readonly work: () => Promise<void>;
    readonly busy?: string;
  },
): JSX.Element {
  const action = useAction(props.work);
  return (
    <>
      <Button {...props} disabled={action.isBusy || props.disabled === true} onClick={action.run}>
        {action.isBusy ? (props.busy ?? 'Working…') : props.children}
      </Button>
      {action.fault === null ? null : <Fault text={action.fault} />}
    </>
  );
}
