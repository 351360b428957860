/** Messages a client has sent in the last second of wall time. */
export class MessageBudget {
  readonly #times: number[] = [];

  /** Counts one message; answers whether there are now more than allowed. `now` in wall ms. */
  isExceeded(now: number, perSecond: number): boolean {
    while (this.#times[0] !== undefined && this.#times[0] <= now - 1000) this.#times.shift();
    this.#times.push(now);
    return this.#times.length > perSecond;
  }
}

interface Asked {
  readonly at: number;
  readonly request: string;
  readonly contract: string;
}

/**
 * IBKR's limits of historical requests: not the same one within 15 s, not six for one contract within 2 s, not more
 * than 60 within ten minutes. https://interactivebrokers.github.io/tws-api/historical_limitations.html
 */
export class HistoryBudget {
  readonly #asked: Asked[] = [];

  /** Counts one request; answers which limit it breaks, in TWS's word for all of them. `now` in wall ms. */
  violation(now: number, contract: string, request: string): string | undefined {
    while (this.#asked[0] !== undefined && this.#asked[0].at <= now - 600_000) this.#asked.shift();
    const since = (ms: number) => this.#asked.filter(({ at }) => at > now - ms);
    const isSame = since(15_000).some((each) => each.request === request);
    const isCrowded = since(2000).filter((each) => each.contract === contract).length >= 5;
    const isMany = this.#asked.length >= 60;
    this.#asked.push({ at: now, request, contract });
    return isSame || isCrowded || isMany ? 'pacing violation' : undefined;
  }
}
