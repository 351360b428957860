import type { TradeView } from '../../../src/contract/portfolio.schema.ts';

const columns = [
  ['time', (trade: TradeView) => new Date(trade.at).toISOString()],
  ['marketTime', (trade: TradeView) => new Date(trade.time).toISOString()],
  ['source', (trade: TradeView) => trade.source],
  ['session', (trade: TradeView) => trade.sessionId],
  ['instrument', (trade: TradeView) => trade.instrumentId],
  ['side', (trade: TradeView) => trade.side],
  ['quantity', (trade: TradeView) => trade.quantity],
  ['filled', (trade: TradeView) => trade.filled],
  ['averagePrice', (trade: TradeView) => trade.averagePrice],
  ['orderType', (trade: TradeView) => trade.orderType],
  ['limitPrice', (trade: TradeView) => trade.limitPrice],
  ['stopPrice', (trade: TradeView) => trade.stopPrice],
  ['trailAmount', (trade: TradeView) => trade.trailAmount],
  ['trailPercent', (trade: TradeView) => trade.trailPercent],
  ['limitOffset', (trade: TradeView) => trade.limitOffset],
  ['timeInForce', (trade: TradeView) => trade.timeInForce],
  ['state', (trade: TradeView) => trade.state],
  ['commission', (trade: TradeView) => trade.commission],
  ['commissionCurrency', (trade: TradeView) => trade.commissionCurrency],
  ['realizedPnl', (trade: TradeView) => trade.realizedPnl],
  ['ref', (trade: TradeView) => trade.ref],
  ['permIds', (trade: TradeView) => trade.permIds.join(' ')],
  ['protects', (trade: TradeView) => trade.parentRef],
  ['reason', (trade: TradeView) => trade.reason],
] as const;

/** A cell of RFC 4180; what a spreadsheet would run as a formula is made text. */
function cell(value: string | null): string {
  if (value === null) return '';
  const safe = /^[=+@\t]|^-(?![\d.])/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Trades as CSV with a head: times in ISO 8601, numbers as the broker wrote them, missing values empty. */
export function tradesCsv(trades: readonly TradeView[]): string {
  const head = columns.map(([name]) => name).join(',');
  const rows = trades.map((trade) => columns.map(([, read]) => cell(read(trade))).join(','));
  return `${[head, ...rows].join('\r\n')}\r\n`;
}
