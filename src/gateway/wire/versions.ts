/**
 * Server versions at which a layout that we speak changes. Names follow IBKR's server_versions.py
 * (also in @stoqey/ib's min-server-version.ts).
 */
/** The oldest that a client on npm still speaks (ib-tws-api); ib_async and ib_insync begin at 157. */
export const SERVER_VERSION_MIN = 151;
export const SERVER_VERSION_MAX = 193;

export const V = {
  stockType: 152,
  encodeAscii7: 153,
  duration: 158,
  postToAts: 160,
  autoCancelParent: 162,
  fractionalSizeSupport: 163,
  sizeRules: 164,
  advancedOrderReject: 166,
  manualOrderTime: 169,
  pegBestPegMidOffsets: 170,
  instrumentTimezone: 174,
  bondIssuerId: 176,
  faProfileDesupport: 177,
  pendingPriceRevision: 178,
  lastTradeDate: 182,
  customerAccount: 183,
  professionalCustomer: 184,
  bondAccruedInterest: 185,
  ineligibilityReasons: 186,
  rfqFields: 187,
  includeOvernight: 189,
  undoRfqFields: 190,
  cmeTaggingFields: 192,
  cmeTaggingFieldsInOpenOrder: 193,
} as const;
