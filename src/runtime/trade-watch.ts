import { z } from 'zod';
import type { DecimalString } from '../../machines/domain/decimal.ts';
import { failureMessage } from '../../machines/domain/failure.ts';
import type { InstrumentId } from '../../machines/domain/instrument.ts';
import type { HeldBack } from '../../machines/risk/risk.status.ts';
import {
  cooldownLeft,
  heldMinutes,
  losingStreak,
  reached,
  type TradeLimits,
  type Trades,
  tradesOf,
} from '../../machines/risk/trades.logic.ts';
import type { ExecutionsRepository, TradedFill } from '../store/executions/executions.repository.ts';
import { every, type Repeat } from './repeat.ts';
import { createStateKeeper, type StatePort } from './state-keeper.ts';

const KEY = 'risk.streaks';
const storedSchema = z.record(z.string(), z.number());

export interface TradeWatchOptions {
  readonly limits: TradeLimits;
  readonly store: Pick<ExecutionsRepository, 'tradedFills'>;
  readonly multiplierOf: (id: InstrumentId) => DecimalString | null;
  readonly state: StatePort;
  readonly now: () => number;
  /** A session may enter nothing until a person resumes it; asked again every ten seconds until it is held back. */
  readonly onStreak: (sessionId: string, cause: string) => void;
  /** A position was held for too long; asked again every ten seconds while it is there. */
  readonly onOverheld: (sessionId: string, id: InstrumentId, held: DecimalString, cause: string) => void;
  readonly onWarning: (message: string) => void;
  readonly onFault: (message: string) => void;
  /** Calls again and again until it is ended. @default every two seconds */
  readonly every?: Repeat;
}

const LOOK_MS = 2_000;
/** What could not be closed, because its market is closed or an order must be cancelled first, is asked for again. */
const ASK_AGAIN_MS = 10_000;

interface Watched extends Trades<TradedFill> {
  readonly instrumentId: InstrumentId;
}

/** From when on losses in a row count, by session: since a person resumed it. @throws ZodError */
export async function readStreaks(state: StatePort): Promise<Readonly<Record<string, number>>> {
  return storedSchema.parse((await state.get(KEY)) ?? {});
}

/**
 * Holds sessions to the limits on their trades. Fills are read from the database when a session has traded: until they are,
 * it enters nothing when a pause after losses is asked for, because the last trade may have been one.
 */
export class TradeWatch {
  readonly #options: TradeWatchOptions;
  readonly #trades = new Map<string, readonly Watched[]>();
  readonly #since: Map<string, number>;
  readonly #held = new Set<string>();
  /** Sessions whose fills must be read again; null stands for all. */
  readonly #stale = new Set<string | null>([null]);
  readonly #warned = new Set<string>();
  readonly #keep: (since: Record<string, number>) => void;
  /** What is being read; null inside stands for all. */
  #underWay: { readonly which: string | null } | null = null;
  /** When something was asked for last, by what it is about. */
  readonly #askedAt = new Map<string, number>();

  constructor(
    options: TradeWatchOptions,
    since: Readonly<Record<string, number>>,
    parts: readonly HeldBack[],
  ) {
    this.#options = options;
    this.#since = new Map(Object.entries(since));
    this.noteParts(parts);
    this.#keep = createStateKeeper(options.state, KEY, (cause) =>
      options.onFault(`From when losses in a row count is not stored yet, and is tried again: ${cause}`),
    );
  }

  /** Watches until it is ended; answers how. */
  start(): () => void {
    if (Object.keys(this.#options.limits).length === 0) return () => undefined;
    const repeat = this.#options.every ?? every(LOOK_MS);
    void this.#read();
    return repeat(() => {
      void this.#read();
      // What was asked for while nobody was there to do it is asked for again.
      for (const [id, watched] of this.#trades) this.#lookAtStreak(id, watched);
      this.#lookAtHeld();
    });
  }

  /** A session has traded. */
  note(sessionId: string): void {
    if (Object.keys(this.#options.limits).length === 0) return;
    this.#stale.add(sessionId);
    void this.#read();
  }

  /** Which parts are held back now: one that is not any more was resumed, and its losses count from now on. */
  noteParts(parts: readonly HeldBack[]): void {
    const now = new Set(parts.flatMap(({ scope }) => (scope.kind === 'session' ? [scope.id] : [])));
    const resumed = [...this.#held].filter((id) => !now.has(id));
    this.#held.clear();
    for (const id of now) this.#held.add(id);
    if (resumed.length === 0) return;
    for (const id of resumed) this.#since.set(id, this.#options.now());
    this.#keep(Object.fromEntries(this.#since));
  }

  /** Why a session may not enter now; null when it may. */
  refusal(sessionId: string): string | null {
    const { limits, now } = this.#options;
    const minutes = limits.cooldown?.hard ?? null;
    if (minutes === null && (limits.losingStreak?.hard ?? null) === null) return null;
    if (this.#isUnread(sessionId)) {
      const name = minutes === null ? 'losingStreak' : 'cooldown';
      return `The fills of session ${sessionId} are being read: its last trade may have been a loss (${name}).`;
    }
    if (minutes === null) return null;
    const left = Math.max(
      0,
      ...this.#of(sessionId).map((trades) => cooldownLeft(trades.closed, minutes, now())),
    );
    return left === 0
      ? null
      : `The last trade of session ${sessionId} was a loss: nothing is entered for ${left} of ${minutes} more minutes (cooldown).`;
  }

  #of = (sessionId: string): readonly Watched[] => this.#trades.get(sessionId) ?? [];

  #isUnread(sessionId: string): boolean {
    const asked = [null, sessionId];
    return asked.some((which) => this.#stale.has(which) || this.#underWay?.which === which);
  }

  async #read(): Promise<void> {
    if (this.#underWay !== null) return;
    try {
      while (this.#stale.size > 0) {
        const [which = null] = this.#stale;
        this.#underWay = { which };
        this.#stale.delete(which);
        const fills = await this.#options.store.tradedFills(which ?? undefined);
        const sessions = new Set(fills.map(({ sessionId }) => sessionId).filter((id) => id !== null));
        for (const id of sessions) if (which === null || which === id) this.#take(id, fills);
      }
    } catch (error) {
      if (this.#underWay !== null) this.#stale.add(this.#underWay.which);
      this.#options.onFault(
        `Trades of sessions could not be read, and are read again: ${failureMessage(error)}`,
      );
    } finally {
      this.#underWay = null;
    }
  }

  /** What is held in an instrument is one position: others may close what the session has opened. */
  #take(sessionId: string, fills: readonly TradedFill[]): void {
    const groups = Map.groupBy(fills, ({ account, instrumentId }) => `${account} ${instrumentId}`);
    const isOwn = (fill: TradedFill): boolean => fill.sessionId === sessionId;
    const watched = [...groups.values()].flatMap((of): Watched[] => {
      const instrumentId = of.find(isOwn)?.instrumentId;
      const multiplier = instrumentId === undefined ? null : this.#options.multiplierOf(instrumentId);
      if (instrumentId === undefined || multiplier === null) return [];
      const trades = tradesOf(of, multiplier);
      const openedAt = trades.open.some(isOwn) ? trades.openedAt : null;
      return [
        { ...trades, closed: trades.closed.filter((trip) => trip.fills.some(isOwn)), openedAt, instrumentId },
      ];
    });
    this.#trades.set(sessionId, watched);
    this.#lookAtStreak(sessionId, watched);
  }

  #lookAtStreak(sessionId: string, watched: readonly Watched[]): void {
    const { limits, onStreak } = this.#options;
    const level = limits.losingStreak;
    const closed = watched.flatMap((trades) => trades.closed).toSorted((a, b) => a.closedAt - b.closedAt);
    const streak = losingStreak(closed, this.#since.get(sessionId) ?? 0);
    const found = reached(level, streak);
    if (found === 'hard' && !this.#held.has(sessionId) && this.#mayAsk(`streak ${sessionId}`)) {
      const allowed = level?.hard;
      onStreak(
        sessionId,
        `Session ${sessionId} has lost ${streak} trades in a row, stopped at ${allowed} (losingStreak).`,
      );
    }
    this.#warn(
      `streak ${sessionId}`,
      found === 'soft'
        ? `Session ${sessionId} has lost ${streak} trades in a row, warned of from ${level?.soft} (losingStreak).`
        : null,
    );
  }

  #lookAtHeld(): void {
    const { limits, now, onOverheld } = this.#options;
    const level = limits.holding;
    for (const [sessionId, watched] of this.#trades) {
      for (const trades of watched) {
        const minutes = heldMinutes(trades, now());
        const found = reached(level, minutes);
        const words = (allowed: string) =>
          `Session ${sessionId} has held ${trades.held} of ${trades.instrumentId} for ${Math.floor(minutes ?? 0)} minutes, ${allowed} (holding).`;
        if (found === 'hard' && this.#mayAsk(`${sessionId} ${trades.instrumentId}`)) {
          onOverheld(sessionId, trades.instrumentId, trades.held, words(`allowed for ${level?.hard}`));
        }
        this.#warn(
          `held ${sessionId} ${trades.instrumentId}`,
          found === 'soft' ? words(`warned of from ${level?.soft}`) : null,
        );
      }
    }
  }

  #mayAsk(key: string): boolean {
    const now = this.#options.now();
    if (now - (this.#askedAt.get(key) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MS) return false;
    this.#askedAt.set(key, now);
    return true;
  }

  /** Once for as long as it lasts. */
  #warn(key: string, message: string | null): void {
    if (message === null) this.#warned.delete(key);
    else if (!this.#warned.has(key)) {
      this.#warned.add(key);
      this.#options.onWarning(message);
    }
  }
}
