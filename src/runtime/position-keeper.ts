import type { InstrumentId } from '../../machines/domain/instrument.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';

interface PositionKeeperOptions {
  readonly portfolio: Pick<PortfolioClient, 'refresh' | 'snapshot'>;
  /** Wall-clock time of the newest execution of an instrument; 0 when none was seen. */
  readonly lastFillAt: (id: InstrumentId) => number;
  /** @default 200 */
  readonly delayMs?: number;
}

/** When the broker last told the position in an instrument, epoch ms; 0: never. */
export function positionToldAt(
  { positions, asOf }: ReturnType<PortfolioClient['snapshot']>,
  id: InstrumentId,
): number {
  const told = positions.filter((each) => each.instrumentId === id).map(({ at }) => at);
  return Math.max(asOf ?? 0, ...told);
}

/**
 * Has the broker asked for positions once something was filled whose position it told before, or not at all: of an
 * instrument that no session trades nobody else would ask, and limits count a fill that is in no position nowhere.
 */
export class PositionKeeper {
  readonly #options: PositionKeeperOptions;
  readonly #filled = new Set<InstrumentId>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: PositionKeeperOptions) {
    this.#options = options;
  }

  /** Something was filled. */
  note(id: InstrumentId): void {
    this.#filled.add(id);
    this.#arm();
  }

  close(): void {
    this.#filled.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#timer !== null || this.#filled.size === 0) return;
    this.#timer = setTimeout(() => {
      const { portfolio, lastFillAt } = this.#options;
      for (const id of [...this.#filled]) {
        if (positionToldAt(portfolio.snapshot(), id) >= lastFillAt(id)) this.#filled.delete(id);
      }
      const again = (): void => {
        this.#timer = null;
        this.#arm();
      };
      if (this.#filled.size === 0) again();
      // What cannot be asked or stored now is asked again, until the answer is newer than the fill.
      else portfolio.refresh().then(again, again);
    }, this.#options.delayMs ?? 200).unref();
  }
}
