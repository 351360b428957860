import type { Bar } from '../domain/bar.ts';
import type { Signal } from '../domain/decision.ts';
import { type EnhancedParameters, enhancedParameters, enhancedWarmup } from './enhanced.parameters.ts';
import { createVotes, type Votes } from './enhanced.votes.ts';
import { BarOutput, figure, type StrategyKind, type StrategyOutput, warmingUp } from './strategy.kind.ts';

/** The position that the signals so far amount to, +1, 0 or -1, with its stop; whether or not anyone acted on them. */
interface Stance {
  side: 1 | 0 | -1;
  stop: number;
  /** Side that may not be entered again until the score has left its entry zone (after a stop). */
  barred: 1 | 0 | -1;
}

type Cause = 'entry' | 'stop' | 'score' | 'inside';

/** Moves the stance by one bar; the stop is judged before the score, on the stop of the bar before. */
function step(p: EnhancedParameters, stance: Stance, bar: Bar, score: number, atr: number): Cause {
  if (stance.barred !== 0 && score * stance.barred < p.entryThreshold) stance.barred = 0;
  const wanted = score >= p.entryThreshold ? 1 : score <= -p.entryThreshold ? -1 : 0;

  if (stance.side !== 0) {
    const worst = stance.side > 0 ? bar.low : bar.high;
    if ((worst - stance.stop) * stance.side <= 0) {
      stance.barred = stance.side;
      stance.side = 0;
      return 'stop';
    }
    const best = stance.side > 0 ? bar.high : bar.low;
    const trailed = best - stance.side * p.trailAtr * atr;
    if ((trailed - stance.stop) * stance.side > 0) stance.stop = trailed;
  }
  if (wanted !== 0 && wanted !== stance.side && wanted !== stance.barred) {
    stance.side = wanted;
    stance.stop = bar.close - wanted * p.stopAtr * atr;
    stance.barred = 0;
    return 'entry';
  }
  if (stance.side !== 0 && score * stance.side < p.exitThreshold) {
    stance.side = 0;
    return 'score';
  }
  return 'inside';
}

function explain(p: EnhancedParameters, votes: Votes, cause: Cause, side: number, stop: number): string {
  const vote = (name: string, value: number | null) =>
    `${name} ${value === null ? 'none' : figure(Number(value.toFixed(3)))}`;
  const score = `Score ${votes.score === null ? 'none' : figure(Number(votes.score.toFixed(3)))} (${vote('trend', votes.trend)}, ${vote('momentum', votes.momentum)}, ${vote('volatility', votes.volatility)}, ${vote('volume', votes.volume)})`;
  const position = side > 0 ? 'long' : side < 0 ? 'short' : 'flat';
  if (cause === 'entry') {
    return `${score} reached the entry threshold ${side * p.entryThreshold}; stop at ${figure(stop)}.`;
  }
  if (cause === 'stop') return `The stop at ${figure(stop)} was touched. ${score}.`;
  if (cause === 'score') return `${score} fell back past the exit threshold ${p.exitThreshold}.`;
  return side === 0
    ? `${score} is inside the entry thresholds ±${p.entryThreshold}.`
    : `${score} keeps the ${position} stance; stop at ${figure(stop)}.`;
}

function start(p: EnhancedParameters) {
  const vote = createVotes(p);
  const needed = enhancedWarmup(p);
  const stance: Stance = { side: 0, stop: 0, barred: 0 };
  let seen = 0;

  return {
    update(bar: Bar): StrategyOutput {
      seen += 1;
      const votes = vote(bar);
      const { score, atr } = votes;
      if (seen < needed) return warmingUp({ ...votes, stop: null }, seen, needed);
      if (score === null || atr === null) {
        const flat = () => 'No vote could be given: the prices did not move.';
        return new BarOutput('hold', { ...votes, stop: null }, null, true, flat);
      }
      const stopBefore = stance.stop;
      const cause = step(p, stance, bar, score, atr);
      const side = stance.side;
      const stop = cause === 'stop' ? stopBefore : stance.stop;
      const signal: Signal =
        cause === 'inside' ? 'hold' : cause === 'entry' ? (side > 0 ? 'long' : 'short') : 'flat';
      const values = { ...votes, stop: side === 0 ? null : stance.stop };
      const stopDistance = atr > 0 ? p.stopAtr * atr : null;
      return new BarOutput(signal, values, stopDistance, true, () => explain(p, votes, cause, side, stop));
    },
  };
}

/** Composite of trend, momentum, volatility and volume with stops in ATRs. */
export const enhancedKind: StrategyKind<EnhancedParameters> = {
  kind: 'enhanced',
  title: 'Enhanced',
  description:
    'Weighs votes of trend, momentum, volatility and volume; enters on a strong score, leaves on a weak one or at an ATR stop that trails.',
  parameters: enhancedParameters,
  warmup: enhancedWarmup,
  start,
};
