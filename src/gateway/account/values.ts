import type { AccountValue } from '../messages/account.ts';
import type { Valuation } from './valuation.ts';

/** The account's figures by IBKR's tags. Money with two decimals, as TWS sends it. */
export function accountValues(v: Valuation, accountId: string, currency: string): AccountValue[] {
  const money = (tag: string, value: { toFixed(places: number): string }): AccountValue => ({
    tag,
    value: value.toFixed(2),
    currency,
  });
  return [
    { tag: 'AccountCode', value: accountId, currency: '' },
    { tag: 'AccountReady', value: 'true', currency: '' },
    { tag: 'AccountType', value: 'INDIVIDUAL', currency: '' },
    { tag: 'Currency', value: currency, currency },
    money('CashBalance', v.cash),
    money('TotalCashBalance', v.cash),
    money('TotalCashValue', v.cash),
    money('SettledCash', v.cash),
    money('AccruedCash', ZERO),
    money('NetLiquidation', v.netLiquidation),
    money('NetLiquidationByCurrency', v.netLiquidation),
    money('EquityWithLoanValue', v.netLiquidation),
    money('PreviousDayEquityWithLoanValue', v.netLiquidation.minus(v.dailyPnl)),
    money('StockMarketValue', v.stockValue),
    money('GrossPositionValue', v.grossPositionValue),
    money('InitMarginReq', v.initialMargin),
    money('FullInitMarginReq', v.initialMargin),
    money('MaintMarginReq', v.maintenanceMargin),
    money('FullMaintMarginReq', v.maintenanceMargin),
    money('AvailableFunds', v.availableFunds),
    money('FullAvailableFunds', v.availableFunds),
    money('ExcessLiquidity', v.excessLiquidity),
    money('FullExcessLiquidity', v.excessLiquidity),
    money('BuyingPower', v.buyingPower),
    money('UnrealizedPnL', v.unrealized),
    money('RealizedPnL', v.realizedToday),
    {
      tag: 'Cushion',
      value: v.netLiquidation.isZero() ? '0' : v.excessLiquidity.div(v.netLiquidation).toFixed(6),
      currency: '',
    },
    {
      tag: 'Leverage',
      value: v.netLiquidation.isZero() ? '0' : v.grossPositionValue.div(v.netLiquidation).toFixed(2),
      currency: '',
    },
  ];
}

const ZERO = { toFixed: (places: number): string => (0).toFixed(places) };

/** Tags of an account summary that are not the names of account updates. */
export function summaryValues(values: readonly AccountValue[], tags: readonly string[]): AccountValue[] {
  const wanted = new Set<string>();
  for (const tag of tags) {
    if (tag.startsWith('$LEDGER')) for (const each of LEDGER_TAGS) wanted.add(each);
    else wanted.add(tag);
  }
  return values.filter((value) => wanted.has(value.tag));
}

const LEDGER_TAGS = [
  'Currency',
  'CashBalance',
  'TotalCashBalance',
  'AccruedCash',
  'StockMarketValue',
  'NetLiquidationByCurrency',
  'UnrealizedPnL',
  'RealizedPnL',
];
