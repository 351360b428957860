import { Decimal } from 'decimal.js';
import type { AccountValue } from '../messages/account.ts';
import { BASE } from './ledger.ts';
import type { CurrencyFigures, Valuation } from './valuation.ts';

const ONE = new Decimal(1);

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

/**
 * The figures of each currency by TWS's ledger tags, and those of all together under BASE. An account of one currency
 * has them once more under its own name.
 */
export function ledgerValues(v: Valuation, currency: string): AccountValue[] {
  const base: CurrencyFigures = {
    ...{ currency: BASE, cash: v.cash, rate: ONE, stockValue: v.stockValue },
    ...{ netLiquidation: v.netLiquidation, unrealized: v.unrealized, realizedToday: v.realizedToday },
  };
  const own = v.currencies.filter((each) => each.currency !== currency || v.currencies.length > 1);
  return [base, ...own].flatMap(rowsOf);
}

function rowsOf(of: CurrencyFigures): AccountValue[] {
  const { currency } = of;
  const row = (tag: string, value: string): AccountValue => ({ tag, value, currency });
  return [
    row('Currency', currency),
    row('CashBalance', of.cash.toFixed(2)),
    row('TotalCashBalance', of.cash.toFixed(2)),
    row('AccruedCash', '0.00'),
    row('StockMarketValue', of.stockValue.toFixed(2)),
    row('NetLiquidationByCurrency', of.netLiquidation.toFixed(2)),
    row('UnrealizedPnL', of.unrealized.toFixed(2)),
    row('RealizedPnL', of.realizedToday.toFixed(2)),
    row('ExchangeRate', of.rate.toFixed(6)),
  ];
}

/**
 * The values of an account summary: the tags of account updates in the account's currency; `$LEDGER` for all
 * currencies together, `$LEDGER:EUR` for one, `$LEDGER:ALL` for each.
 * https://interactivebrokers.github.io/tws-api/account_summary.html
 */
export function summaryValues(
  values: readonly AccountValue[],
  ledger: readonly AccountValue[],
  tags: readonly string[],
): AccountValue[] {
  const out: AccountValue[] = [];
  for (const tag of tags) {
    if (!tag.startsWith('$LEDGER')) out.push(...values.filter((value) => value.tag === tag));
    else {
      const wanted = tag.slice('$LEDGER:'.length) || BASE;
      out.push(...ledger.filter((row) => wanted === 'ALL' || row.currency === wanted));
    }
  }
  return out;
}
