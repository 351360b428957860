import type { SessionDefinition } from '../../machines/domain/session.ts';
import {
  type Arming,
  heldUnarmed,
  type TriedStrategy,
  unarmed,
  untried,
} from '../../machines/risk/arming.logic.ts';
import type { RiskStatus } from '../../machines/risk/risk.status.ts';
import type { Config } from '../config/load.ts';
import type { SystemView } from '../contract/system.schema.ts';
import { readArming } from '../process/arming-record.ts';
import { UsageError } from '../process/usage-error.ts';
import type { Store } from '../store/store.ts';
import { every, type Repeat } from './repeat.ts';
import type { SessionBook } from './session-book.ts';

export interface LiveGateOptions {
  /** The live account by its number. */
  readonly account: string;
  readonly store: {
    readonly strategies: Pick<Store['strategies'], 'get'>;
    readonly backtests: Pick<Store['backtests'], 'of'>;
  };
  /** What arms live trading now; null: nothing. */
  readonly read: () => Arming | null;
  readonly now: () => number;
  /** Told when the arming is over, whatever ended it; answers whether it was heard, else it is told again. */
  readonly onDisarmed: (cause: string) => boolean;
  /** Calls again and again until it is ended. @default every second */
  readonly every?: Repeat;
}

const LOOK_MS = 1_000;

/**
 * Live trading: what it takes to start, and to go on entering positions. It is asked for each order; how long the arming
 * lasts is known by the clock at once, that it was taken away within a second.
 */
export class LiveGate {
  readonly #options: LiveGateOptions;
  #arming: Arming | null;
  #held: RiskStatus | null = null;

  constructor(options: LiveGateOptions) {
    this.#options = options;
    this.#arming = options.read();
  }

  /** Why nothing may be started now; null when it may. */
  unarmed(): string | null {
    return unarmed(this.#options.account, this.#arming, this.#options.now());
  }

  /** What holds every order of the account; null while it is armed. */
  held(): RiskStatus | null {
    const cause = this.unarmed();
    if (cause === null) this.#held = null;
    else if (this.#held?.cause !== cause) this.#held = heldUnarmed(cause, this.#options.now());
    return this.#held;
  }

  /** Why sessions may not trade real money: a strategy of theirs was never tried. null when they may. */
  async untried(sessions: readonly SessionDefinition[]): Promise<string | null> {
    const { strategies, backtests } = this.#options.store;
    const names = [...new Set(sessions.map(({ strategy }) => strategy))];
    const stored = await Promise.all(names.map((name) => strategies.get(name)));
    const parameters = new Map(
      stored.flatMap((each) => (each === null ? [] : [[each.name, each.parameters]])),
    );
    const wanted = sessions.map(({ id, strategy }): TriedStrategy & { id: string } => ({
      ...{ id, strategy },
      parameters: parameters.get(strategy) ?? {},
    }));
    return untried(wanted, await backtests.of(names));
  }

  /** For which account, by whom and until when; null when it is not armed. */
  arming(): Arming | null {
    return this.unarmed() === null ? this.#arming : null;
  }

  /** Watches the arming from now on; answers how to end it. */
  start(): () => void {
    const repeat = this.#options.every ?? every(LOOK_MS);
    let told = false;
    return repeat(() => {
      this.#arming = this.#options.read();
      const cause = this.unarmed();
      told = cause !== null && (told || this.#options.onDisarmed(cause));
    });
  }
}

interface LiveGateParts {
  readonly config: Config;
  readonly store: Store;
  readonly mode: SystemView['mode'];
  /** The data folder, in which it is armed. */
  readonly killDir?: string | null;
}

/** The gate of a runtime; null where no money is real. @throws UsageError when no account is named */
export function createLiveGate(
  { config, store, mode, killDir }: LiveGateParts,
  onDisarmed: (cause: string) => boolean,
): LiveGate | null {
  if (mode !== 'live') return null;
  const { account } = config.runtime.broker;
  if (account === null) {
    throw new UsageError('broker.account: found nothing, expected the number of the live account', 2);
  }
  return new LiveGate({
    ...{ account, store, now: Date.now, onDisarmed },
    read: () => (killDir == null ? null : readArming(killDir)),
  });
}

/** @throws UsageError when money is real and something of what that takes is missing */
export async function mayTradeLive(live: LiveGate | null, book: SessionBook): Promise<void> {
  if (live === null) return;
  const wanted = book.ids().flatMap((id) => book.get(id) ?? []);
  const sessions = wanted.filter(({ desired }) => desired !== 'stopped').map(({ definition }) => definition);
  const refusal = live.unarmed() ?? (await live.untried(sessions));
  if (refusal !== null) throw new UsageError(`live trading: ${refusal}`, 2);
}
