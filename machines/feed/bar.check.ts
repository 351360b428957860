import { type Bar, type Timeframe, timeframeMs } from '../domain/bar.ts';
import { failureKind, failureMessage } from '../domain/failure.ts';
import type { Instrument, InstrumentId } from '../domain/instrument.ts';
import type { BarStorePort, MarketDataPort } from './feed.ports.ts';
import type { Timers } from './quote.bus.ts';

/** How the bars of a series compare with IBKR's history, since the process began. */
export interface BarCheckResult {
  /** When they were last compared, epoch ms wall clock. */
  readonly at: number;
  readonly bars: number;
  readonly differing: number;
}

export interface BarCheckDeps {
  readonly broker: Pick<MarketDataPort, 'history'>;
  readonly store: Pick<BarStorePort, 'append'>;
  readonly clock: Timers;
  readonly timing: BarCheckTiming;
  now(): number;
  instrument(id: InstrumentId): Instrument | null;
  /** What the history says in place of what was announced; it is stored already. */
  onCorrected(bars: readonly Bar[]): void;
  onAlarm(message: string): void;
}

export interface BarCheck {
  /** Bars that were built from the live stream, ascending. */
  note(bars: readonly Bar[]): void;
  /** Null before the first comparison. */
  result(): BarCheckResult | null;
  close(): void;
}

export interface BarCheckTiming {
  /** A bar may be completed by late reports of trades: it is left alone for so long. */
  readonly settlingMs: number;
  /** Between two comparisons of a series. */
  readonly pauseMs: number;
  /** The same for bars of half a minute or less: IBKR counts the questions for them. */
  readonly smallPauseMs: number;
}
export const barCheckTiming: BarCheckTiming = {
  settlingMs: 60_000,
  pauseMs: 300_000,
  smallPauseMs: 1_800_000,
};

/** At most so many are remembered; of a busy series the newest are compared. */
const MOST = 50;

const prices = ['open', 'high', 'low', 'close'] as const;

/** The prices in which two bars differ by half a tick or more. Volumes are counted differently live and later. */
export const differingPrices = (streamed: Bar, historical: Bar, minTick: number): readonly (keyof Bar)[] =>
  prices.filter((name) => Math.abs(streamed[name] - historical[name]) >= minTick / 2);

/**
 * Compares the bars that the live stream built with IBKR's history of the same time, some minutes later. Where they
 * differ the history is stored, and a person is told: something was decided on the other one.
 */
export function createBarCheck(id: InstrumentId, timeframe: Timeframe, deps: BarCheckDeps): BarCheck {
  const { settlingMs, ...pauses } = deps.timing;
  const pauseMs = timeframeMs[timeframe] <= 30_000 ? pauses.smallPauseMs : pauses.pauseMs;
  let unchecked: readonly Bar[] = [];
  let timer: unknown = null;
  let notBefore = 0;
  let closed = false;
  let last: BarCheckResult | null = null;

  const arm = (): void => {
    if (timer !== null || closed || unchecked.length === 0) return;
    timer = deps.clock.setTimeout(check, Math.max(settlingMs, notBefore - deps.now()));
  };

  function check(): void {
    compare()
      .catch((error: unknown) => {
        // What cannot be asked or stored now is compared with the bars to come.
        if (failureKind(error) === 'unexpected') deps.onAlarm(`${id} ${timeframe}: ${failureMessage(error)}`);
      })
      .finally(() => {
        timer = null;
        notBefore = deps.now() + pauseMs;
        arm();
      });
  }

  async function compare(): Promise<void> {
    const instrument = deps.instrument(id);
    if (instrument === null) return;
    const asked = unchecked;
    const count = asked.length + 2;
    const history = new Map(
      (await deps.broker.history({ instrument, timeframe, count })).map((bar) => [bar.time, bar]),
    );
    if (closed) return;
    const pairs = asked.flatMap((streamed) => {
      const historical = history.get(streamed.time);
      return historical === undefined ? [] : [{ streamed, historical }];
    });
    const minTick = Number(instrument.minTick);
    const differing = pairs.filter(
      ({ streamed, historical }) => differingPrices(streamed, historical, minTick).length > 0,
    );
    if (differing.length > 0) {
      const corrected = differing.map(({ historical }) => historical);
      await deps.store.append(id, timeframe, corrected);
      deps.onCorrected(corrected);
      deps.onAlarm(sentence(pairs.length, differing, minTick));
    }
    unchecked = unchecked.filter((bar) => !asked.includes(bar));
    last = {
      at: deps.now(),
      bars: (last?.bars ?? 0) + pairs.length,
      differing: (last?.differing ?? 0) + differing.length,
    };
  }

  function sentence(
    compared: number,
    differing: readonly { readonly streamed: Bar; readonly historical: Bar }[],
    minTick: number,
  ): string {
    const newest = differing.at(-1);
    if (newest === undefined) return '';
    const { streamed, historical } = newest;
    const words = differingPrices(streamed, historical, minTick)
      .map((name) => `${name} ${streamed[name]} in the stream and ${historical[name]} in the history`)
      .join(', ');
    return `${id} ${timeframe}: ${differing.length} of ${compared} bars differ from IBKR's history, which is stored in their place; the newest, of ${new Date(streamed.time).toISOString()}: ${words}`;
  }

  return {
    note(bars) {
      unchecked = [...unchecked, ...bars].slice(-MOST);
      arm();
    },
    result: () => last,
    close() {
      closed = true;
      if (timer !== null) deps.clock.clearTimeout(timer);
    },
  };
}
