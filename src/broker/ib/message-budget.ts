/**
 * IBKR drops a client beyond 50 messages a second (half its market data lines, 100 as a rule). Two are kept back for
 * clocks that run apart. @see https://interactivebrokers.github.io/tws-api/order_limitations.html
 */
export const MOST_PER_SECOND = 48;
const WINDOW_MS = 1_000;

/** How many messages have left a link in the last second, whatever they were about. */
export interface MessageBudget {
  /** One has left. */
  note(): void;
  /** How many have left in the last second. */
  used(): number;
  /** How many may leave now. */
  left(): number;
  /** Until one more than now may leave, ms. */
  nextInMs(): number;
}

/** A window that slides: no second of it holds more than {@link MOST_PER_SECOND}. */
export function createMessageBudget(): MessageBudget {
  const sentAt: number[] = [];
  const forget = (): void => {
    const oldest = performance.now() - WINDOW_MS;
    while (sentAt[0] !== undefined && sentAt[0] <= oldest) sentAt.shift();
  };
  return {
    note() {
      sentAt.push(performance.now());
    },
    used() {
      forget();
      return sentAt.length;
    },
    left() {
      forget();
      return Math.max(0, MOST_PER_SECOND - sentAt.length);
    },
    nextInMs() {
      forget();
      return sentAt[0] === undefined ? 0 : Math.ceil(sentAt[0] + WINDOW_MS - performance.now());
    },
  };
}
