/**
 * IBKR's message codes grouped by what they mean for us: the one table.
 * A code that is not here is `unknown`: it is logged, and it never changes an order's state.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#api-error-codes (read 2026-11)
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

const groups: Readonly<Record<Exclude<CodeConsequence, 'unknown'>, readonly number[]>> = {
  linkDown: [1100, 2110],
  linkRestoredDataLost: [1101],
  linkRestored: [1102],
  farmOk: [2104, 2106, 2158],
  farmInactive: [2107, 2108, 2119],
  farmBroken: [2103, 2105, 2157],
  clientIdHeld: [326],
  // 502-507 are the client library's own words for a socket that failed.
  socketEnds: [502, 503, 506, 507, 1300],
  // Only codes that leave no doubt. 103 (id already used), 104, 105 and 329 (a modification failed) may speak of
  // an order that works: they stay out, so that the broker is asked. 110 and 434 reject, because nothing here
  // modifies orders; for a modification they would leave the original working.
  orderRejected: [109, 110, 111, 201, 203, 321, 387, 388, 434, 460],
  orderCancelled: [202],
  // 135: no such order; 136/161: not in a state that can be cancelled; 10147/10148: the same, newer words.
  cancelRefused: [135, 136, 161, 10147, 10148],
  requestEnds: [
    101, 162, 165, 166, 200, 300, 301, 302, 309, 310, 316, 317, 322, 354, 365, 366, 420, 430, 10089, 10091,
    10168, 10186, 10189, 10225,
  ],
  dataInterrupted: [10197],
  dataDelayed: [10167],
  paced: [100],
  // 399: an order's message, e.g. "will not be placed until the open"; 404: shares are being located;
  // 10349: the time in force came from a preset; 10090: part of the data is not subscribed. Nothing ends.
  notice: [
    399, 404, 2100, 2102, 2109, 2129, 2137, 2148, 2150, 2152, 2161, 2168, 2169, 2174, 2176, 10090, 10349,
  ],
};

const byCode = new Map<number, CodeConsequence>(
  Object.entries(groups).flatMap(([consequence, codes]) =>
    codes.map((code) => [code, consequence as CodeConsequence] as const),
  ),
);

/** What a code of IBKR means for us; `unknown` for one that is not in the table. */
export const consequenceOf = (code: number): CodeConsequence => byCode.get(code) ?? 'unknown';

/** The codes of one consequence, for tests and documentation. */
export const codesOf = (consequence: Exclude<CodeConsequence, 'unknown'>): readonly number[] =>
  groups[consequence];

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
