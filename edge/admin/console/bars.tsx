/** Rows per second over the last minute, as bars. The words beside a chart say its figures. */
import type { JSX } from 'preact';

const HEIGHT = 24;
const BAR_SHARE = 0.8;
/** A second in which anything happened is never an invisible bar. */
const BAR_HEIGHT_MIN = 1.5;

export function Bars(props: {
  readonly label: string;
  readonly values: readonly number[];
  /** The value that fills the height: the same for charts that are compared. */
  readonly top: number;
  readonly isTall?: boolean;
}): JSX.Element {
  const { values, top } = props;
  return (
    <svg
      class={props.isTall === true ? 'bars tall' : 'bars'}
      viewBox={`0 0 ${values.length} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={props.label}
    >
      <rect class="floor" y={HEIGHT - 0.6} width={values.length} height="0.6" />
      {values.map((value, second) => {
        if (value === 0) return null;
        const height = Math.max(BAR_HEIGHT_MIN, (value / top) * HEIGHT);
        return (
          // The place is the identity: bars do not move, their heights do.
          <rect
            key={String(second)}
            x={second + (1 - BAR_SHARE) / 2}
            y={HEIGHT - height}
            width={BAR_SHARE}
            height={height}
          />
        );
      })}
    </svg>
  );
}
