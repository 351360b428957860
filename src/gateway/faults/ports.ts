import { Decimal } from 'decimal.js';
import type { Broker } from '../broker.ts';
import { incrementAt } from '../market/price-grid.ts';
import type { Placement } from '../matching/desk.ts';
import type { BrokerExecution, BrokerOrder } from '../matching/order.ts';
import type { Complaint } from '../matching/rules.ts';
import type { Outlet } from './outlet.ts';

/** A connected client, as far as faults reach into it. */
export interface FaultyClient {
  readonly clientId: number;
  readonly outlet: Outlet;
  error(id: number, code: number, text: string): void;
  /** Ends the connection as a broken cable does. */
  drop(): void;
  /** Ends every subscription of market data, as 1101 says. Answers their request ids. */
  loseSubscriptions(): number[];
}

/** What has just happened, for faults that are set off by it. */
export interface Occasion {
  readonly client: FaultyClient | undefined;
  readonly order: BrokerOrder | undefined;
  readonly execution: BrokerExecution | undefined;
}

/** What a fault can take hold of. */
export interface FaultWorld {
  readonly broker: Broker;
  readonly conditions: Conditions;
  clients(): FaultyClient[];
  random(): number;
}

/** Which messages to clients a rule is about, and what becomes of them. */
export interface MessageRule {
  readonly message: number;
  readonly client: number | undefined;
  readonly fate: 'lose' | 'duplicate' | 'reorder' | 'delay';
  readonly delayMs: number;
  left: number;
}

/** Something that is so while at least one fault has it so: faults of a kind may overlap. */
export class Held {
  #count = 0;

  get isSo(): boolean {
    return this.#count > 0;
  }

  /** Answers its release, which tells whether nobody holds it any more. */
  hold(): () => boolean {
    let holds = true;
    this.#count += 1;
    return () => {
      if (holds) this.#count -= 1;
      holds = false;
      return this.#count === 0;
    };
  }
}

/**
 * What is wrong at the moment, read where it matters. Everything is as it should be in a fresh one, and looking at it
 * costs a comparison.
 */
export class Conditions {
  /** Who connects is turned away, or never answered. */
  readonly refused = new Held();
  readonly mute = new Held();
  /** TWS has lost its own connection to IB (1100). */
  readonly linkDown = new Held();
  readonly dataFarmDown = new Held();
  readonly historyFarmDown = new Held();
  readonly competing = new Held();
  /** The account is not subscribed to live data. */
  readonly delayedOnly = new Held();
  /** Exchanges do not confirm orders and cancels. */
  readonly exchangeSilent = new Held();
  /** Client ids that count as in use although nobody has them. */
  readonly heldIds = new Set<number>();
  /** How far the next valid id goes back. */
  idRollback = 0;
  clockSkewMs = 0;
  /** Orders are held to this many ticks, while contract details say one. By symbol. */
  readonly tickFactors = new Map<string, number>();
  /** Answers an order with this refusal, so many times. */
  readonly refusals: { complaint: Complaint; left: number; client: number | undefined }[] = [];
  readonly messageRules: MessageRule[] = [];
  /** Real budgets are enforced. */
  isPaced = false;
  messagesPerSecond = 50;

  /** The refusal that an order meets, if a fault has one for it; undefined lets it pass. */
  refusalOf({ clientId, ticket, instrument }: Placement): Complaint | undefined {
    const refusal = this.refusals.find(
      ({ client, left }) => left > 0 && (client === undefined || client === clientId),
    );
    if (refusal !== undefined) {
      refusal.left -= 1;
      return refusal.complaint;
    }
    const factor = this.tickFactors.get(instrument.config.symbol);
    if (factor === undefined) return undefined;
    const isOff = [ticket.lmtPrice, ticket.auxPrice].some((price) => {
      if (price === undefined) return false;
      const increment = incrementAt(instrument.grid, price.toNumber());
      return !price.mod(new Decimal(increment).times(factor)).isZero();
    });
    return isOff
      ? { code: 110, text: 'The price does not conform to the minimum price variation for this contract.' }
      : undefined;
  }
}
