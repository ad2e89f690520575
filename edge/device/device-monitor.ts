/**
 * Looks at the machine now and then, and keeps what it saw: whoever asks gets the last look, or a new one when
 * that is old. A look costs a few small reads; the slow questions go to a process of their own.
 */
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import { type DeviceFacts, readDeviceFacts } from './device-facts.ts';
import { type DeviceHealth, type Health, judgeDevice } from './device-health.ts';

export interface DeviceMonitorOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Asks the disk itself about its wear, percent; null where it does not tell. It may take seconds. */
  readonly askWear: () => Promise<number | null>;
}

export class DeviceMonitor {
  readonly #options: DeviceMonitorOptions;
  #look: Promise<DeviceFacts> | null = null;
  #facts: DeviceFacts | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #wearPercent: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #wearTimer: NodeJS.Timeout | null = null;
  readonly #told = new Map<string, Health>();

  constructor(options: DeviceMonitorOptions) {
    this.#options = options;
  }

  start(): void {
    const look = (): void => {
      void this.health().then((health) => this.#tell(health));
    };
    look();
    this.#timer = setInterval(look, LIMITS.deviceLookMs).unref();
    // Not while the box starts.
    this.#wearTimer = setTimeout(() => this.#askWear(), LIMITS.deviceLookMs).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#wearTimer !== null) clearTimeout(this.#wearTimer);
  }

  /** What was seen last, if anything. */
  get facts(): DeviceFacts | null {
    return this.#facts;
  }

  async health(): Promise<DeviceHealth> {
    return judgeDevice(await this.#current());
  }

  async #current(): Promise<DeviceFacts> {
    const { clock } = this.#options;
    const isFresh = clock.monotonicMs() - this.#lookedAtMs < LIMITS.deviceFreshMs;
    if (isFresh && this.#facts !== null) return this.#facts;
    this.#look ??= this.#read();
    return this.#look;
  }

  async #read(): Promise<DeviceFacts> {
    const { clock, dataDir } = this.#options;
    try {
      const facts = await readDeviceFacts({ dataDir, clock });
      this.#facts = { ...facts, wearPercent: facts.wearPercent ?? this.#wearPercent };
      this.#lookedAtMs = clock.monotonicMs();
      return this.#facts;
    } finally {
      this.#look = null;
    }
  }

  #askWear(): void {
    void this.#options.askWear().then(
      (percent) => {
        this.#wearPercent = percent;
      },
      () => undefined,
    );
    this.#wearTimer = setTimeout(() => this.#askWear(), LIMITS.deviceWearLookMs).unref();
  }

  /** A line in the log when something gets worse or better, not at every look. */
  #tell(health: DeviceHealth): void {
    const { log } = this.#options;
    for (const { id, state, value, explanation, mend } of health.items) {
      const before = this.#told.get(id) ?? 'ok';
      this.#told.set(id, state);
      if (state === before) continue;
      if (state === 'ok') log.info({ item: id, reading: value }, 'the device is well again');
      else
        log.warn(
          { item: id, state, reading: value, explanation, mend },
          'the device needs attention',
        );
    }
  }
}
