/**
 * IBKR's message codes grouped by what they mean for us: the one table.
 * A code that is not here is `unknown`: it alarms, and it changes nothing. docs/broker-codes.md is written from it.
 */
export type CodeConsequence =
  /** TWS has lost IBKR; the socket is fine, nothing can be trusted. */
  | 'linkDown'
  /** IBKR is back; what was subscribed is gone. */
  | 'linkRestoredDataLost'
  /** IBKR is back; subscriptions went on. */
  | 'linkRestored'
  | 'farmOk'
  | 'farmInactive'
  | 'farmBroken'
  /** Another client uses our id. */
  | 'clientIdHeld'
  /** This socket is about to end, or never came to be. */
  | 'socketEnds'
  /** The order was refused; it will not work. */
  | 'orderRejected'
  | 'orderCancelled'
  /** The cancel had no effect; the order is whatever it was. */
  | 'cancelRefused'
  /** The request or subscription ends without (further) data. */
  | 'requestEnds'
  /** The subscription stays; nothing is live until data flows again. */
  | 'dataInterrupted'
  /** The subscription stays and is delayed. */
  | 'dataDelayed'
  /** Too fast or too much: the request failed and may be asked again later. */
  | 'paced'
  /** Words only. */
  | 'notice'
  | 'unknown';

/** One consequence: what is done about it, where IBKR says so, and the codes with IBKR's words in short. */
export interface CodeGroup {
  readonly consequence: Exclude<CodeConsequence, 'unknown'>;
  readonly does: string;
  readonly source: string;
  readonly codes: Readonly<Record<number, string>>;
}

const manual = 'https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#api-error-codes';
const classic = 'https://interactivebrokers.github.io/tws-api/message_codes.html';
const library = 'https://github.com/stoqey/ib/blob/master/src/common/errorCode.ts';

/** The table, read 2026-11. */
export const codeGroups: readonly CodeGroup[] = [
  {
    consequence: 'linkDown',
    does: 'The connection is not ready any more and no order leaves; the socket stays.',
    source: classic,
    codes: {
      1100: 'connectivity between IBKR and TWS has been lost',
      2110: 'connectivity between TWS and server is broken, it will be restored automatically',
    },
  },
  {
    consequence: 'linkRestoredDataLost',
    does: 'Orders, executions and positions are loaded anew, and everything is subscribed anew.',
    source: classic,
    codes: { 1101: 'connectivity has been restored, data lost' },
  },
  {
    consequence: 'linkRestored',
    does: 'Orders, executions and positions are loaded anew; subscriptions must prove that they live.',
    source: classic,
    codes: { 1102: 'connectivity has been restored, data maintained' },
  },
  {
    consequence: 'farmOk',
    does: 'The farm is shown as working.',
    source: classic,
    codes: {
      2104: 'market data farm connection is OK',
      2106: 'historical data farm connection is OK',
      2158: 'security definition farm connection is OK',
    },
  },
  {
    consequence: 'farmInactive',
    does: 'The farm is shown as asleep, which is normal.',
    source: classic,
    codes: {
      2107: 'historical data farm is inactive, but available on demand',
      2108: 'market data farm is inactive, but available on demand',
      2119: 'market data farm is connecting',
    },
  },
  {
    consequence: 'farmBroken',
    does: 'The farm is shown as broken; orders and the socket are not touched.',
    source: classic,
    codes: {
      2103: 'market data farm connection is broken',
      2105: 'historical data farm connection is broken',
      2157: 'security definition farm connection is broken',
    },
  },
  {
    consequence: 'clientIdHeld',
    does: 'The connection waits under its own name and tries again with the same id.',
    source: classic,
    codes: { 326: 'client id is in use' },
  },
  {
    consequence: 'socketEnds',
    does: 'The socket is over; another is opened after a pause.',
    // 502 to 507 are the client library's own words for a socket that failed.
    source: library,
    codes: {
      502: 'could not connect',
      503: 'TWS is out of date',
      506: 'unsupported version',
      507: 'bad message length',
      1300: 'the socket port has been reset, this connection is dropped',
    },
  },
  {
    // Only codes that leave no doubt. 103 (id already used), 104, 105 and 329 (a modification failed) may speak of an
    // order that works: they stay out, so that the broker is asked. An order with a change under way is asked about too.
    consequence: 'orderRejected',
    does: 'The order is rejected. One that has filled, is being cancelled or changed is asked about instead.',
    source: classic,
    codes: {
      109: 'price is out of the range set by the precautionary settings',
      110: 'price does not conform to the minimum price variation',
      111: 'time in force and order type do not go together',
      201: 'order rejected, reason follows',
      203: 'the security is not available or not allowed for this account',
      321: 'server error when validating the request',
      387: 'order type is not supported for this exchange and security type',
      388: 'order size is smaller than the minimum',
      434: 'order size cannot be zero',
      460: 'no trading permissions',
    },
  },
  {
    consequence: 'orderCancelled',
    does: 'The order is cancelled; fills that come later still count.',
    source: classic,
    codes: { 202: 'order cancelled, reason follows' },
  },
  {
    consequence: 'cancelRefused',
    does: 'The cancel had no effect: the broker is asked what the order is.',
    source: classic,
    codes: {
      135: 'no order with this id',
      136: 'the order cannot be cancelled',
      161: 'the order is not in a state that can be cancelled',
      10147: 'the order to be cancelled is not found',
      10148: 'the order to be cancelled cannot be cancelled in its state',
    },
  },
  {
    consequence: 'requestEnds',
    does: 'The request or subscription fails with the words of the code. 200 with an order rejects it.',
    source: manual,
    codes: {
      101: 'the maximum number of tickers is reached',
      162: 'historical market data service error',
      165: 'historical market data service query message',
      166: 'the contract has expired',
      200: 'no security definition has been found',
      300: 'no ticker with this id',
      301: 'invalid ticker action',
      302: 'error parsing the request to stop',
      309: 'the maximum number of market depth requests is reached',
      310: 'no market depth with this id',
      316: 'market depth has been halted',
      317: 'market depth has been reset',
      322: 'server error when processing the request',
      354: 'market data is not subscribed',
      365: 'no scanner subscription with this id',
      366: 'no historical data query with this id',
      420: 'invalid real-time query',
      430: 'fundamental data is not available',
      10089: 'market data requires an additional subscription for the API',
      10091: 'part of the market data requires an additional subscription for the API',
      10168: 'market data is not subscribed, and delayed data is not enabled',
      10186: 'market data is not subscribed, and delayed data is not enabled',
      10189: 'tick-by-tick data could not be requested',
      10225: 'a bust event has deactivated the subscription',
    },
  },
  {
    consequence: 'dataInterrupted',
    does: 'The quotes lose their quality: no order is based on them until data flows again.',
    source: classic,
    codes: { 10197: 'no market data during a competing live session' },
  },
  {
    consequence: 'dataDelayed',
    does: 'The quotes are marked as delayed: no order is based on them.',
    source: classic,
    codes: { 10167: 'market data is not subscribed, delayed data is displayed' },
  },
  {
    consequence: 'paced',
    does: 'The request fails; whoever asked may ask again later.',
    source: classic,
    codes: { 100: 'the maximum rate of messages per second has been exceeded' },
  },
  {
    consequence: 'notice',
    does: 'Words only: they are shown, nothing changes.',
    source: classic,
    codes: {
      399: "an order's message, e.g. that it will not be placed before the open",
      404: 'shares are being located for the order',
      2100: 'the client has been unsubscribed from account data',
      2102: 'the order cannot be modified while it is being processed',
      2109: 'outside regular trading hours is ignored for this order',
      2129: 'a warning about the product',
      2137: 'the closing order is larger than the position',
      2148: 'a warning about the order',
      2150: 'a derived value of the position is invalid',
      2152: 'market depth lacks exchanges that are not subscribed',
      2161: 'a warning about the price of the order',
      2168: 'the E-trade only attribute is not supported',
      2169: 'the firm quote only attribute is not supported',
      2174: 'a time was given without its zone',
      2176: 'the client is too old for fractional sizes',
      10090: 'part of the market data is not subscribed',
      10349: 'the time in force was set by a preset',
    },
  },
];

const codesIn = ({ codes }: CodeGroup): readonly number[] => Object.keys(codes).map(Number);

const byCode = new Map<number, CodeConsequence>(
  codeGroups.flatMap((group) => codesIn(group).map((code) => [code, group.consequence] as const)),
);

/** What a code of IBKR means for us; `unknown` for one that is not in the table. */
export const consequenceOf = (code: number): CodeConsequence => byCode.get(code) ?? 'unknown';

/** The codes of one consequence. */
export const codesOf = (consequence: Exclude<CodeConsequence, 'unknown'>): readonly number[] =>
  codeGroups.filter((group) => group.consequence === consequence).flatMap(codesIn);

/** What a code means when it carries an order's id. An unknown code says nothing about the order: ask. */
export function orderConsequenceOf(
  code: number,
): 'rejected' | 'cancelled' | 'cancelRefused' | 'notice' | 'unknown' {
  // 200, "no security definition", ends a request, and refuses an order.
  if (code === 200) return 'rejected';
  const consequence = consequenceOf(code);
  if (consequence === 'orderRejected') return 'rejected';
  if (consequence === 'orderCancelled') return 'cancelled';
  if (consequence === 'cancelRefused' || consequence === 'notice') return consequence;
  return 'unknown';
}
