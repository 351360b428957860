import type { ConnectionStatus } from '../../machines/connection/connection.status.ts';
import type { InstrumentId } from '../../machines/domain/instrument.ts';
import type { FlattenStatus } from '../../machines/flatten/flatten.status.ts';
import type { HeldBack, RiskStatus } from '../../machines/risk/risk.status.ts';
import type { StoreStatus } from '../../machines/store/store.machine.ts';

const MAX_ALARMS = 20;

type Part = 'connection' | 'store' | 'risk' | 'riskParts' | 'flatten';

/**
 * The newest word of the actors that everything depends on. It outlives them: while one is being restarted its last
 * word holds, so a halt stays a halt.
 */
export class LiveStatus {
  connection: ConnectionStatus;
  store: StoreStatus;
  risk: RiskStatus;
  /** Accounts and sessions that are held back by themselves. */
  riskParts: readonly HeldBack[];
  flatten: FlattenStatus;
  readonly alarms: { readonly at: number; readonly message: string }[] = [];
  readonly #lastFillAt = new Map<InstrumentId, number>();
  readonly #onChange: () => void;

  constructor(initial: Pick<LiveStatus, Part>, onChange: () => void) {
    this.connection = initial.connection;
    this.store = initial.store;
    this.risk = initial.risk;
    this.riskParts = initial.riskParts;
    this.flatten = initial.flatten;
    this.#onChange = onChange;
  }

  set(part: Partial<Pick<LiveStatus, Part>>): void {
    Object.assign(this, part);
    this.#onChange();
  }

  /** One that is said again takes the place of what was said before: repeats push no other out. */
  alarm(message: string): void {
    const before = this.alarms.findIndex((alarm) => alarm.message === message);
    if (before !== -1) this.alarms.splice(before, 1);
    this.alarms.unshift({ at: Date.now(), message });
    this.alarms.length = Math.min(this.alarms.length, MAX_ALARMS);
    this.#onChange();
  }

  /** Wall-clock time of the newest execution seen of an instrument; 0 when none was. */
  lastFillAt(id: InstrumentId): number {
    return this.#lastFillAt.get(id) ?? 0;
  }

  noteFill(id: InstrumentId, at: number): void {
    this.#lastFillAt.set(id, Math.max(at, this.lastFillAt(id)));
  }
}
