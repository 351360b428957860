import { ulid } from 'ulid';
import { decimal, decimalString } from '../../machines/domain/decimal.ts';
import type { Decision } from '../../machines/domain/decision.ts';
import { type InstrumentId, instrumentId } from '../../machines/domain/instrument.ts';
import {
  noPrices,
  type Order,
  type OrderIntent,
  orderRef,
  sourceOfRef,
} from '../../machines/domain/order.ts';
import type { Position } from '../../machines/domain/position.ts';
import { singleBand } from '../../machines/domain/price-bands.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import type { StrategyDefinition } from '../../machines/domain/strategy.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';
import type { Turns } from '../../machines/feed/turns.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import { type RiskStatus, riskRefusal } from '../../machines/risk/risk.status.ts';
import { createDecider, type DecisionFacts } from '../../machines/session/decide.ts';
import type { FactsRequest, SessionPorts } from '../../machines/session/session.ports.ts';
import type { StoreStatus } from '../../machines/store/store.machine.ts';
import { parseParameters, strategyKinds } from '../../machines/strategies/registry.ts';
import { startDeciderThread } from './decider-thread.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { whenTradedAfter } from './proof-of-trading.ts';

export interface SessionPortsOptions {
  readonly hub: MarketDataHub;
  readonly desk: DeskClient;
  readonly portfolio: PortfolioClient;
  readonly leases: LeaseKeeper;
  readonly store: {
    readonly strategies: { get(name: string): Promise<StrategyDefinition | null> };
    readonly decisions: { record(decision: Decision): Promise<boolean> };
    readonly orders: { get(ref: string): Promise<Order | null> };
  };
  readonly maxQuoteAgeMs: number;
  /** In which sessions decide, one by one. */
  readonly turns: Turns;
  readonly connection: () => { readonly ready: boolean; readonly cause: string | null };
  /** What holds for a session: the strictest of the whole, the account and itself. */
  readonly risk: (sessionId: string) => RiskStatus;
  readonly storeStatus: () => StoreStatus;
  /** Wall-clock time of the newest execution of an instrument; 0 when none was seen. */
  readonly lastFillAt: (id: InstrumentId) => number;
  /** Start of the newest decided bar when later ones are owed a record; null when none are. */
  readonly undecidedSince: (sessionId: string) => number | null;
  readonly now: () => number;
}

/** Longest wait, wall time, for a quote that is newer than the bar to decide. */
const PROOF_LIMIT_MS = 1_000;

/** A share or contract; fractions are not offered by every venue. */
const LOT = '1';

interface LateRefusal {
  readonly reason: 'riskHalted' | 'riskReducing' | 'duplicate' | 'positionNotSynced' | 'dataStale';
  readonly message: string;
}

/** Gives sessions what they need of the world: the hub, the desk, the portfolio and the database. */
export function createSessionPorts(options: SessionPortsOptions): SessionPorts {
  const { hub, desk, portfolio, store, leases, now } = options;

  /** As the broker last listed it; null while that is older than the last fill, or unknown. */
  function heldQuantity(id: InstrumentId): string | null {
    const snapshot = portfolio.snapshot();
    const position = portfolio.position(id);
    const told = Math.max(position?.at ?? 0, snapshot.asOf ?? 0);
    if (!snapshot.synced || told < options.lastFillAt(id)) return null;
    // A broker that listed all positions and not this one says: none.
    return position?.quantity ?? '0';
  }

  /** Of any session: the position in an instrument is one, whoever trades it. */
  const sessionOrdersInFlight = (id: InstrumentId): number =>
    desk.inFlight({ instrumentId: id }).filter((ref) => sourceOfRef(ref).source === 'autotrader').length;

  /** The last gate before an intent: what the decision was made on may have changed since. */
  function lateRefusal(id: InstrumentId, decision: Decision, purpose: 'entry' | 'exit'): LateRefusal | null {
    const risk = riskRefusal(options.risk(decision.sessionId), purpose);
    if (risk !== null) return { reason: risk.reason, message: risk.message };
    if (sessionOrdersInFlight(id) > 0) {
      return { reason: 'duplicate', message: 'Another order for the instrument went out meanwhile.' };
    }
    const held = heldQuantity(id);
    if (held !== (decision.values.position ?? null)) {
      const message = `The position is ${held ?? 'not known'} now, decided was on ${decision.values.position}.`;
      return { reason: 'positionNotSynced', message };
    }
    // A strategy with a thread of its own may compute for seconds, and the prices of its decision age meanwhile.
    const ageMs = Number(decision.values.quoteAgeMs ?? 0) + now() - decision.at;
    if (ageMs > options.maxQuoteAgeMs) {
      const message = `Decided was on a quote that is ${ageMs} ms old now; at most ${options.maxQuoteAgeMs} ms is allowed.`;
      return { reason: 'dataStale', message };
    }
    return null;
  }

  function facts(definition: SessionDefinition, request: FactsRequest): DecisionFacts {
    const id = instrumentId(definition.instrument);
    const instrument = hub.instrument(id);
    const quote = hub.quote(id);
    const { ready, cause } = options.connection();
    const { currency } = definition.instrument;
    const figure = (key: string) => portfolio.figure(key, currency);
    const risk = options.risk(definition.id);
    return {
      now: now(),
      paused: request.paused,
      superseded: request.superseded,
      late: request.late,
      leaseHeld: request.epoch !== null,
      storeUp: options.storeStatus().state !== 'down',
      connectionReady: ready && desk.isOpen(),
      brokerCause: cause ?? (desk.isOpen() ? null : 'The order desk is settling earlier orders.'),
      risk: risk.state,
      riskCause: risk.cause,
      positionQuantity: heldQuantity(id),
      ordersInFlight: sessionOrdersInFlight(id),
      marketOpen: hub.isOpen(id) === true,
      marketTime: hub.marketTime(id),
      quote:
        quote === null
          ? null
          : {
              bid: quote.bid,
              ask: quote.ask,
              last: quote.last,
              quality: quote.quality,
              ageMs: now() - quote.receivedAt,
            },
      maxQuoteAgeMs: options.maxQuoteAgeMs,
      netLiquidation: figure('NetLiquidation'),
      availableFunds: figure('AvailableFunds'),
      priceBands: instrument?.priceBands ?? singleBand('0.01'),
      multiplier: instrument?.multiplier ?? '1',
      lotSize: LOT,
    };
  }

  return {
    now,
    holdLease: (sessionId, listener) => leases.hold(sessionId, listener),
    openMarket: ({ definition, bufferSize }, listener) =>
      hub.openBars(definition.instrument, definition.timeframe, bufferSize, {
        onHistory: (bars) => {
          const since = options.undecidedSince(definition.id) ?? Number.POSITIVE_INFINITY;
          listener({ type: 'market.history', bars: bars.filter((bar) => bar.time <= since) });
          for (const bar of bars) {
            if (bar.time > since) listener({ type: 'market.bar', bar, late: true });
          }
        },
        onBar: (bar, late) => listener({ type: 'market.bar', bar, late }),
        onWaiting: (cause) => listener({ type: 'market.waiting', cause }),
        onLive: () => listener({ type: 'market.live' }),
      }),
    createDecider: async (definition) => {
      const stored = await store.strategies.get(definition.strategy);
      if (stored === null) {
        throw new Error(`found no strategy "${definition.strategy}", expected the name of a stored strategy`);
      }
      const kind = strategyKinds[stored.kind];
      const parsed = parseParameters(stored.kind, stored.parameters);
      if (kind === undefined || !parsed.ok) {
        const problems = parsed.ok ? [] : parsed.problems;
        const words = problems.map((p) => `${p.path}: found ${p.found}, expected ${p.expected}`).join('; ');
        throw new Error(`strategy "${stored.name}" cannot run: ${words}`);
      }
      if (definition.thread === 'main') return createDecider({ definition, kind, parameters: parsed.value });
      return startDeciderThread({ definition, kind: stored.kind, parameters: stored.parameters });
    },
    gatherFacts: async (definition, request) => {
      if (options.connection().ready && !request.late && !request.superseded) {
        const id = instrumentId(definition.instrument);
        await whenTradedAfter(hub, id, request.bar, definition.timeframe, PROOF_LIMIT_MS);
      }
      await options.turns.next();
      return facts(definition, request);
    },
    recordDecision: (decision) => store.decisions.record(decision),
    placeOrder: async ({ definition, decision, epoch }) => {
      const proposal = decision.order;
      if (proposal === null)
        throw new Error('placeOrder: found a decision without an order, expected one with it');
      const refusal = lateRefusal(instrumentId(definition.instrument), decision, proposal.purpose);
      if (refusal !== null) return { ref: null, result: { outcome: 'notSent', ...refusal } };
      const ref = orderRef({ sessionId: definition.id }, ulid());
      const intent: OrderIntent = {
        ref,
        source: 'autotrader',
        sessionId: definition.id,
        instrumentId: instrumentId(definition.instrument),
        side: proposal.side,
        quantity: proposal.quantity,
        orderType: proposal.orderType,
        ...noPrices,
        limitPrice: proposal.limitPrice,
        parentRef: null,
        timeInForce: proposal.timeInForce,
        purpose: proposal.purpose,
        reason: decision.reason,
        barTime: decision.barTime,
        createdAt: now(),
      };
      const lease = { name: LeaseKeeper.leaseName(definition.id), epoch };
      const result = await desk.submit({ intent, lease, decision: { ...decision, orderRef: ref } });
      if (result.outcome === 'notSent') return { ref: result.committed ? ref : null, result };
      // Also said of a submission that died with its desk before it was committed: the bar has no record then.
      const isCommitted = result.outcome !== 'unknown' || (await store.orders.get(ref)) !== null;
      return { ref: isCommitted ? ref : null, result };
    },
    syncPosition: async (definition) => {
      const id = instrumentId(definition.instrument);
      const positions = await portfolio.refresh();
      const found = positions.find((position) => position.instrumentId === id);
      return found ?? flat(positions, definition, now());
    },
  };
}

/** The broker listed what is held, and this is not in it. */
function flat(positions: readonly Position[], definition: SessionDefinition, at: number): Position {
  return {
    account: positions[0]?.account ?? '',
    instrumentId: instrumentId(definition.instrument),
    symbol: definition.instrument.symbol,
    quantity: decimalString(decimal(0)),
    averageCost: null,
    at,
  };
}
