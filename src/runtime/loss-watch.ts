import { z } from 'zod';
import { baseCurrency, figureIn } from '../../machines/portfolio/currency.logic.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import type { PortfolioView } from '../../machines/portfolio/portfolio.events.ts';
import {
  type LossLimits,
  type LossMemory,
  type LossName,
  lossWords,
  noteReading,
  nothingLost,
} from '../../machines/risk/loss.logic.ts';
import { createStateKeeper, type StatePort } from './state-keeper.ts';

const KEY = 'risk.losses';
const storedSchema = z.record(z.string(), z.object({ peak: z.string().nullable() }));

export interface LossWatchOptions {
  readonly limits: LossLimits;
  readonly portfolio: Pick<PortfolioClient, 'onChange'>;
  readonly state: StatePort;
  /** A hard level is confirmed: what is to be done, and why. */
  readonly onHard: (action: LossLimits['action'], cause: string) => void;
  readonly onSoft: (message: string) => void;
  readonly onFault: (message: string) => void;
}

/** Highest net liquidations of earlier runs, by account. @throws ZodError when they cannot be read */
export async function readPeaks(state: StatePort): Promise<Readonly<Record<string, LossMemory>>> {
  const stored = storedSchema.parse((await state.get(KEY)) ?? {});
  return Object.fromEntries(
    Object.entries(stored).map(([account, { peak }]) => [account, { ...nothingLost, peak }]),
  );
}

/** Holds every account to the limits on losses, with each new figure that the broker tells of it. */
export class LossWatch {
  readonly #options: LossWatchOptions;
  readonly #memory: Map<string, LossMemory>;
  /** When figures of an account were told last: what is told again for other reasons confirms nothing. */
  readonly #readAt = new Map<string, number>();
  /** Soft levels that are passed and were told, by account. */
  readonly #warned = new Map<string, ReadonlySet<LossName>>();
  readonly #keep: (peaks: Record<string, { peak: string | null }>) => void;

  constructor(options: LossWatchOptions, peaks: Readonly<Record<string, LossMemory>>) {
    this.#options = options;
    this.#memory = new Map(Object.entries(peaks));
    this.#keep = createStateKeeper(options.state, KEY, (cause) =>
      options.onFault(`The highest net liquidation is not stored yet, and is tried again: ${cause}`),
    );
  }

  /** Watches until it is ended; answers how. */
  start(): () => void {
    const { limits, portfolio } = this.#options;
    if (Object.keys(limits.levels).length === 0) return () => undefined;
    return portfolio.onChange((view) => this.#take(view));
  }

  #take(view: PortfolioView): void {
    const accounts = new Set([...view.pnl, ...view.values].map(({ account }) => account));
    for (const account of accounts) this.#takeAccount(view, account);
  }

  #takeAccount(view: PortfolioView, account: string): void {
    const { limits, onHard, onSoft } = this.#options;
    const pnl = view.pnl.find((each) => each.account === account);
    const base = baseCurrency(view.values, account);
    const worth = view.values.find((each) => each.account === account && each.key === 'NetLiquidation');
    const readAt = Math.max(pnl?.at ?? 0, worth?.at ?? 0);
    if (readAt <= (this.#readAt.get(account) ?? 0)) return;
    this.#readAt.set(account, readAt);
    const before = this.#memory.get(account) ?? nothingLost;
    const netLiquidation = base === null ? null : figureIn(view.values, account, 'NetLiquidation', base);
    const { memory, breaches } = noteReading(
      before,
      { dailyPnl: pnl?.daily ?? null, netLiquidation },
      limits,
    );
    this.#memory.set(account, memory);
    if (memory.peak !== before.peak) {
      this.#keep(Object.fromEntries([...this.#memory].map(([id, { peak }]) => [id, { peak }])));
    }
    const warned = this.#warned.get(account) ?? new Set();
    const soft = breaches.filter(({ level }) => level === 'soft');
    for (const breach of soft) if (!warned.has(breach.limit)) onSoft(lossWords(breach, account));
    this.#warned.set(account, new Set(soft.map(({ limit }) => limit)));
    for (const breach of breaches) {
      if (breach.level === 'hard') onHard(limits.action, lossWords(breach, account));
    }
  }
}
