import { type Draw, drawFrom } from '../random.ts';

/** One thing that goes wrong, at a moment of the schedule. */
export interface Mishap {
  /** After the schedule began, ms. */
  readonly at: number;
  readonly what:
    | { readonly kind: 'gateway'; readonly line: Readonly<Record<string, unknown>> }
    | { readonly kind: 'crash'; readonly actor: 'orderDesk' | 'portfolio' | 'connection' | 'marketData' }
    | { readonly kind: 'deskDiesAtCommit' }
    | { readonly kind: 'database'; readonly how: 'connectionsCut' }
    | { readonly kind: 'manualTrade'; readonly side: 'BUY' | 'SELL' }
    /** A limit order in the dashboard that rests far from the market, and its cancel so much later. */
    | { readonly kind: 'order'; readonly side: 'BUY' | 'SELL'; readonly cancelAfterMs: number }
    | { readonly kind: 'restart' };
}

export interface Schedule {
  readonly seed: number;
  readonly mishaps: readonly Mishap[];
}

/** How long a schedule strikes, ms. */
export const STRIKING_MS = 2_500;

const ms = (draw: Draw, from: number, to: number): string => `${Math.round(draw.between(from, to))}ms`;

/** Lines of the gateway's fault language: how each is drawn. What lasts ends within the schedule. */
const lines: readonly [
  (draw: Draw) => Record<string, unknown>,
  ...((draw: Draw) => Record<string, unknown>)[],
] = [
  () => ({ fault: 'drop-connection' }),
  (draw) => ({ fault: 'drop-connection', on: draw.pick(['order', 'fill', 'cancel', 'connect']) }),
  (draw) => ({ fault: 'refuse-connection', for: ms(draw, 100, 800) }),
  (draw) => ({ fault: 'no-handshake', for: ms(draw, 100, 800) }),
  (draw) => ({ fault: 'half-open', for: ms(draw, 200, 1_500) }),
  (draw) => ({ fault: 'stall', for: ms(draw, 100, 1_000) }),
  (draw) => ({ fault: 'trickle', bytesPerSecond: 2_000, for: ms(draw, 100, 800) }),
  (draw) => ({ fault: 'garbage', kind: draw.pick(['random', 'truncated', 'wrong-length']) }),
  (draw) => ({ fault: 'restart', for: ms(draw, 100, 800) }),
  (draw) => ({ fault: 'client-id-held', client: 1, for: ms(draw, 100, 800) }),
  (draw) => ({ fault: 'next-id-rollback', by: draw.pick([1, 3, 20]), for: ms(draw, 500, 2_000) }),
  () => ({ fault: 'pacing', for: '1s' }),
  (draw) => ({ fault: 'link-lost', restored: draw.pick(['1101', '1102']), for: ms(draw, 100, 1_500) }),
  (draw) => ({ fault: 'farm-down', farm: draw.pick(['market-data', 'history']), for: ms(draw, 100, 1_500) }),
  () => ({ fault: 'farm-inactive' }),
  (draw) => ({ fault: 'competing-session', for: ms(draw, 100, 1_000) }),
  (draw) => ({ fault: 'delayed-data', for: ms(draw, 100, 1_000) }),
  (draw) => ({ fault: 'halt', symbol: 'SP500', for: ms(draw, 100, 1_000) }),
  (draw) => ({
    fault: draw.pick(['message-lost', 'message-duplicated', 'message-reordered']),
    message: draw.pick(['orderStatus', 'openOrder', 'execDetails', 'commissionReport', 'position']),
    count: draw.pick([1, 2, 5]),
  }),
  (draw) => ({
    ...{ fault: 'message-delayed', ms: Math.round(draw.between(50, 800)), count: draw.pick([1, 3]) },
    message: draw.pick(['orderStatus', 'execDetails', 'commissionReport', 'position']),
  }),
  (draw) => ({ fault: 'reject-order', reason: draw.pick(['margin', 'permission', 'tick']), count: 1 }),
  (draw) => ({ fault: 'exchange-silent', for: ms(draw, 100, 1_200) }),
  (draw) => ({ fault: 'execution-correction', on: 'fill', by: draw.pick([-0.05, 0.05]) }),
  () => ({ fault: 'trade-bust', on: 'fill' }),
  () => ({ fault: 'partial-then-disconnect', on: 'order', fraction: 0.3 }),
  (draw) => ({ fault: 'clock-skew', seconds: draw.pick([-300, 300]), for: '1s' }),
];

function drawMishap(draw: Draw): Mishap {
  const at = Math.round(draw.between(0, STRIKING_MS));
  if (draw.chance(0.75)) return { at, what: { kind: 'gateway', line: draw.pick(lines)(draw) } };
  const what = draw.pick<Mishap['what']>([
    { kind: 'crash', actor: draw.pick(['orderDesk', 'portfolio', 'connection', 'marketData']) },
    { kind: 'deskDiesAtCommit' },
    { kind: 'database', how: 'connectionsCut' },
    { kind: 'manualTrade', side: draw.pick(['BUY', 'SELL']) },
    { kind: 'order', side: draw.pick(['BUY', 'SELL']), cancelAfterMs: Math.round(draw.between(0, 1_000)) },
    { kind: 'order', side: draw.pick(['BUY', 'SELL']), cancelAfterMs: Math.round(draw.between(0, 1_000)) },
    { kind: 'restart' },
  ]);
  return { at, what };
}

/** The schedule of a seed: two to seven mishaps, by time. Pure: the same seed, the same schedule. */
export function drawSchedule(seed: number): Schedule {
  const draw = drawFrom(seed);
  const count = Math.floor(draw.between(2, 8));
  const mishaps = Array.from({ length: count }, () => drawMishap(draw)).sort((a, b) => a.at - b.at);
  return { seed, mishaps };
}
