import type { ContractDetails } from '@stoqey/ib';
import { type PriceBands, priceBands } from '../../../machines/domain/price-bands.ts';
import { marketRuleIdOf } from './contracts.ts';
import type { IbEvents } from './link.ts';
import type { LinkHolder } from './link-holder.ts';
import type { Log } from './log.ts';

export interface MarketRules {
  /** The bands of the contract's market rule; null, and a warning, when the broker does not tell them. */
  bandsOf(details: ContractDetails): Promise<PriceBands | null>;
}

/** Asks for each market rule once in the life of the process: IBKR's rules are numbered and do not change. */
export function createMarketRules(links: LinkHolder, log: Log): MarketRules {
  const known = new Map<number, PriceBands>();
  return {
    async bandsOf(details) {
      const id = marketRuleIdOf(details);
      if (id === null) return null;
      const before = known.get(id);
      if (before !== undefined) return before;
      try {
        const told = await links
          .session()
          .requests.askAll<IbEvents['marketRule'][1]>(
            { what: `market rule ${id}`, timeoutMs: 5_000, send: (api) => api.reqMarketRule(id) },
            (on, done) =>
              on('marketRule', (of, increments) => {
                if (of === id) done(increments);
              }),
          );
        const bands = priceBands(
          told.map(({ lowEdge = 0, increment = 0 }) => ({ from: lowEdge, increment })),
        );
        known.set(id, bands);
        return bands;
      } catch (error) {
        // A trade without it is still possible; a price beyond the first edge may then be refused with 110.
        log.warn(
          { id, error: String(error) },
          'the market rule is not known; minTick counts for every price',
        );
        return null;
      }
    },
  };
}
