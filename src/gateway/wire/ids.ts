import { V } from './versions.ts';

/** Message ids of what clients send (IBKR's OUT) and of what the server sends (IBKR's IN). */
export const Request = {
  mktData: 1,
  cancelMktData: 2,
  placeOrder: 3,
  cancelOrder: 4,
  openOrders: 5,
  accountData: 6,
  executions: 7,
  ids: 8,
  contractData: 9,
  newsBulletins: 12,
  cancelNewsBulletins: 13,
  serverLogLevel: 14,
  autoOpenOrders: 15,
  allOpenOrders: 16,
  managedAccounts: 17,
  fa: 18,
  replaceFa: 19,
  historicalData: 20,
  exerciseOptions: 21,
  cancelHistoricalData: 25,
  currentTime: 49,
  realTimeBars: 50,
  cancelRealTimeBars: 51,
  calculateImpliedVolatility: 54,
  calculateOptionPrice: 55,
  cancelCalculateImpliedVolatility: 56,
  cancelCalculateOptionPrice: 57,
  globalCancel: 58,
  marketDataType: 59,
  positions: 61,
  accountSummary: 62,
  cancelAccountSummary: 63,
  cancelPositions: 64,
  verifyRequest: 65,
  verifyMessage: 66,
  queryDisplayGroups: 67,
  subscribeToGroupEvents: 68,
  updateDisplayGroup: 69,
  unsubscribeFromGroupEvents: 70,
  startApi: 71,
  verifyAndAuthRequest: 72,
  verifyAndAuthMessage: 73,
  positionsMulti: 74,
  cancelPositionsMulti: 75,
  accountUpdatesMulti: 76,
  cancelAccountUpdatesMulti: 77,
  softDollarTiers: 79,
  familyCodes: 80,
  matchingSymbols: 81,
  headTimestamp: 87,
  cancelHeadTimestamp: 90,
  marketRule: 91,
  pnl: 92,
  cancelPnl: 93,
  pnlSingle: 94,
  cancelPnlSingle: 95,
  completedOrders: 99,
  wshMetaData: 100,
  cancelWshMetaData: 101,
  wshEventData: 102,
  cancelWshEventData: 103,
  userInfo: 104,
  currentTimeInMillis: 105,
} as const;

/** Requests that carry no request id. */
const WITHOUT_ID: ReadonlySet<number> = new Set([
  5, 6, 8, 12, 13, 14, 15, 16, 17, 18, 24, 49, 58, 59, 61, 64, 65, 66, 71, 72, 73, 80, 82, 85, 91, 99, 105,
]);
/** Requests below 78 that carry no version field, so that the id follows at once. */
const WITHOUT_VERSION: ReadonlySet<number> = new Set([Request.placeOrder, Request.historicalData, 22]);
const MAX_INT = 2147483647;

/**
 * The request id of a message that could not be read, is not known or is refused; -1 when it holds none. For orders
 * it is the order id.
 */
export function requestIdOf(fields: readonly string[], version: number): number {
  const messageId = Number(fields[0]);
  if (WITHOUT_ID.has(messageId)) return -1;
  const text = fields[idPosition(messageId, version)] ?? '';
  const id = /^-?\d{1,10}$/.test(text) ? Number(text) : -1;
  return Math.abs(id) <= MAX_INT ? id : -1;
}

function idPosition(messageId: number, version: number): number {
  if (messageId === Request.replaceFa) return 4;
  if (messageId === Request.cancelOrder && version >= V.cmeTaggingFields) return 1;
  return messageId >= 78 || WITHOUT_VERSION.has(messageId) ? 1 : 2;
}

export const Reply = {
  tickPrice: 1,
  tickSize: 2,
  orderStatus: 3,
  error: 4,
  openOrder: 5,
  accountValue: 6,
  portfolioValue: 7,
  accountUpdateTime: 8,
  nextValidId: 9,
  contractData: 10,
  execution: 11,
  managedAccounts: 15,
  historicalData: 17,
  tickGeneric: 45,
  tickString: 46,
  currentTime: 49,
  realTimeBar: 50,
  contractDataEnd: 52,
  openOrderEnd: 53,
  accountDownloadEnd: 54,
  executionEnd: 55,
  tickSnapshotEnd: 57,
  marketDataType: 58,
  commissionReport: 59,
  position: 61,
  positionEnd: 62,
  accountSummary: 63,
  accountSummaryEnd: 64,
  displayGroupList: 67,
  positionMulti: 71,
  positionMultiEnd: 72,
  accountUpdateMulti: 73,
  accountUpdateMultiEnd: 74,
  softDollarTiers: 77,
  familyCodes: 78,
  symbolSamples: 79,
  tickReqParams: 81,
  headTimestamp: 88,
  historicalDataUpdate: 90,
  marketRule: 93,
  pnl: 94,
  pnlSingle: 95,
  orderBound: 100,
  completedOrder: 101,
  completedOrdersEnd: 102,
  userInfo: 107,
} as const;
