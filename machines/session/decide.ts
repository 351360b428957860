import type { Bar } from '../domain/bar.ts';
import type { Decision, OrderProposal, Signal } from '../domain/decision.ts';
import { instrumentId } from '../domain/instrument.ts';
import type { SessionDefinition } from '../domain/session.ts';
import type { StrategyKind, StrategyOutput } from '../strategies/strategy.kind.ts';
import type { DecisionFacts } from './decide.facts.ts';
import { moveFor, propose, type Refusal, refusalBeforeMove, refusalOfMoment } from './decide.guards.ts';

export type { DecisionFacts, DecisionQuote } from './decide.facts.ts';
export { guardOrder } from './decide.guards.ts';

/** A decision before it is put into words: all that a fast loop needs. Exactly one of the last two is null. */
export interface Verdict {
  readonly output: StrategyOutput;
  /** What was acted on: the strategy's signal, or one that is carried from an earlier bar. */
  readonly signal: Signal;
  /** Start of the bar from which the signal is carried; null when it is this bar's own. */
  readonly carriedFrom: number | null;
  readonly refusal: Refusal | null;
  readonly order: OrderProposal | null;
}

/** The one decision path of a session: live, replay and backtest call it alike. One instance per series of bars. */
export interface Decider {
  /** Feeds stored bars to the indicators, ascending, without deciding. */
  warm(bars: readonly Bar[]): void;
  /** Decides a closed bar; the record names the order or the guard that refused. */
  decide(bar: Bar, facts: DecisionFacts): Decision;
  /** The same without words and copies. Call one of the two, once per bar. */
  judge(bar: Bar, facts: DecisionFacts): Verdict;
  readonly barsSeen: number;
}

/**
 * A signal that could not be completed on its bar.
 * Exits are owed until the position is flat. The entry half of a flip is tried once, on the first bar that finds
 * the position flat with nothing in flight. Entries that a guard refused are not owed: their moment is gone.
 */
interface Owed {
  readonly signal: Signal;
  readonly since: number;
  readonly entersWhenFlat: boolean;
}

/**
 * Creates the decider of a session. `parameters` have been parsed by the kind's schema.
 *
 * Every bar advances the indicators, whatever refuses. The first guard of {@link guardOrder} that refuses is named.
 */
export function createDecider<P>(options: {
  readonly definition: SessionDefinition;
  readonly kind: StrategyKind<P>;
  readonly parameters: P;
}): Decider {
  const { definition } = options;
  const run = options.kind.start(options.parameters);
  const instrument = instrumentId(definition.instrument);
  let barsSeen = 0;
  let owed: Owed | null = null;

  function judge(bar: Bar, facts: DecisionFacts): Verdict {
    barsSeen += 1;
    const output = run.update(bar);
    const carried: Owed | null = output.signal === 'hold' ? owed : null;
    const signal = carried?.signal ?? output.signal;
    const carriedFrom = carried?.since ?? null;
    const since = carriedFrom ?? bar.time;
    const refused = (refusal: Refusal): Verdict => ({ output, signal, carriedFrom, refusal, order: null });

    const early = refusalBeforeMove(facts, output, signal);
    if (early !== null) {
      // While paused a person is in charge: what the strategy wanted meanwhile is not made up for.
      if (facts.paused) owed = null;
      else if (output.signal !== 'hold') owed = { signal, since, entersWhenFlat: false };
      return refused(early);
    }

    const move = moveFor(signal, Number(facts.positionQuantity), definition.allowShort);
    const isExit = 'purpose' in move && move.purpose === 'exit';
    if (carried !== null && !isExit && ('guard' in move || !carried.entersWhenFlat)) {
      owed = null;
      return { output, signal: 'hold', carriedFrom: null, refusal: nothingOwed, order: null };
    }
    const flips = signal === 'long' || (signal === 'short' && definition.allowShort);
    owed = isExit ? { signal, since, entersWhenFlat: flips && (carried?.entersWhenFlat ?? true) } : null;
    if ('guard' in move) return refused(move);

    const refusal = refusalOfMoment(facts, move);
    if (refusal !== null) return refused(refusal);
    const order = propose(definition, facts, move, bar, output.stopDistance);
    return 'guard' in order ? refused(order) : { output, signal, carriedFrom, refusal: null, order };
  }

  return {
    warm(bars) {
      for (const bar of bars) run.update(bar);
      barsSeen += bars.length;
    },
    judge,
    decide(bar, facts) {
      const { output, signal, carriedFrom, refusal, order } = judge(bar, facts);
      const words = refusal?.reason ?? output.reason;
      return {
        sessionId: definition.id,
        instrumentId: instrument,
        barTime: bar.time,
        at: facts.now,
        close: bar.close,
        signal,
        outcome: order === null ? 'refused' : 'order',
        guard: refusal?.guard ?? null,
        reason:
          carriedFrom === null
            ? words
            : `${words} Carried from the bar of ${new Date(carriedFrom).toISOString()}: ${signal} was not completed.`,
        values: {
          ...output.values,
          ...(refusal?.values ?? moment(facts)),
          position: facts.positionQuantity,
          ...(carriedFrom === null ? {} : { carriedFrom }),
        },
        order,
        orderRef: null,
      };
    },
    get barsSeen() {
      return barsSeen;
    },
  };
}

/** A carried signal that has been completed meanwhile. */
const nothingOwed: Refusal = { guard: 'noSignal', reason: null, values: {} };

/** The figures that let an order through. */
function moment(facts: DecisionFacts): Decision['values'] {
  return {
    bid: facts.quote?.bid ?? null,
    ask: facts.quote?.ask ?? null,
    quoteAgeMs: facts.quote?.ageMs ?? null,
    maxQuoteAgeMs: facts.maxQuoteAgeMs,
    risk: facts.risk,
    netLiquidation: facts.netLiquidation,
    availableFunds: facts.availableFunds,
  };
}
