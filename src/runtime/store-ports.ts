import type { OrderStorePort } from '../../machines/order/order.ports.ts';
import type { PortfolioStorePort } from '../../machines/portfolio/portfolio.ports.ts';
import type { Store } from '../store/store.ts';

/** The desk's view of the repositories. */
export function orderStore(store: Store): OrderStorePort {
  const HIGH_WATER = 'orderIdHighWater';
  return {
    commitIntent: (intent, options) => store.orders.commitIntent(intent, options),
    commitAmendment: (amendment) => store.orders.commitAmendment(amendment),
    recordCancel: (ref, at) => store.orders.recordCancel(ref, at),
    update: (ref, patch) => store.orders.update(ref, patch),
    get: (ref) => store.orders.get(ref),
    unsettled: () => store.orders.unsettled(),
    saveForeign: (order, state) => store.orders.saveForeign(order, state),
    recordExecution: (execution) => store.executions.record(execution),
    recordCommission: (report) => store.executions.recordCommission(report),
    orderIdHighWater: async () => {
      const value = await store.state.get(HIGH_WATER);
      return typeof value === 'number' ? value : null;
    },
    saveOrderIdHighWater: (orderId) => store.state.set(HIGH_WATER, orderId),
  };
}

/** The portfolio's view of the repositories. */
export function portfolioStore(store: Store): PortfolioStorePort {
  return {
    replacePositions: (account, positions) => store.positions.replaceAll(account, positions),
    savePosition: (position) => store.positions.save(position),
    saveAccountValues: (values) => store.account.save(values),
  };
}
