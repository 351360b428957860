import { Decimal } from 'decimal.js';
import type { GatewayConfig, SecType } from '../config.ts';
import { type Holding, type Ledger, type LedgerContract, netValue, unrealized } from './ledger.ts';

/** A contract with its present price; undefined before the first trade ever. */
export interface Marked extends LedgerContract {
  price: Decimal | undefined;
}

export interface HoldingFigures {
  conId: number;
  holding: Holding;
  price: Decimal;
  marketValue: Decimal;
  unrealized: Decimal;
  daily: Decimal;
}

/** What an account has in one currency, in that currency. */
export interface CurrencyFigures {
  currency: string;
  cash: Decimal;
  /** Into the account's currency. */
  rate: Decimal;
  stockValue: Decimal;
  /** Cash, shares, and what futures have won or lost. */
  netLiquidation: Decimal;
  unrealized: Decimal;
  realizedToday: Decimal;
}

/** The whole account at present prices, in its own currency. */
export interface Valuation {
  cash: Decimal;
  currencies: CurrencyFigures[];
  netLiquidation: Decimal;
  stockValue: Decimal;
  grossPositionValue: Decimal;
  initialMargin: Decimal;
  maintenanceMargin: Decimal;
  availableFunds: Decimal;
  excessLiquidity: Decimal;
  buyingPower: Decimal;
  unrealized: Decimal;
  realizedToday: Decimal;
  dailyPnl: Decimal;
  holdings: HoldingFigures[];
}

const ZERO = new Decimal(0);

/** Values the ledger. `marked` answers the contract of a position; positions without a price count at cost. */
export function valuate(
  ledger: Ledger,
  rules: GatewayConfig['account'],
  marked: (conId: number) => Marked | undefined,
  rateOf: (currency: string) => Decimal,
): Valuation {
  const currencies = new Map<string, CurrencyFigures>();
  const inCurrency = (currency: string): CurrencyFigures => {
    let figures = currencies.get(currency);
    if (figures === undefined) {
      const cash = ledger.cash[currency] ?? ZERO;
      figures = {
        ...{ currency, cash, rate: rateOf(currency), stockValue: ZERO, netLiquidation: cash },
        ...{ unrealized: ZERO, realizedToday: ZERO },
      };
      currencies.set(currency, figures);
    }
    return figures;
  };
  let cash = ZERO;
  for (const [currency, amount] of Object.entries(ledger.cash)) {
    inCurrency(currency);
    cash = cash.plus(amount.times(rateOf(currency)));
  }
  let netLiquidation = cash;
  let stockValue = ZERO;
  let gross = ZERO;
  let initialMargin = ZERO;
  let maintenanceMargin = ZERO;
  let unrealizedSum = ZERO;
  let realizedToday = ZERO;
  const holdings: HoldingFigures[] = [];
  for (const [key, holding] of Object.entries(ledger.holdings)) {
    const contract = marked(Number(key));
    if (contract === undefined) continue;
    const price = contract.price ?? holding.avgCost.div(contract.multiplier);
    const marketValue = price.times(contract.multiplier).times(holding.quantity);
    const open = unrealized(holding, contract, price);
    const worth = marketValue.abs().times(contract.rate);
    netLiquidation = netLiquidation.plus(netValue(holding, contract, price));
    gross = gross.plus(worth);
    const own = inCurrency(contract.currency);
    if (contract.secType !== 'CASH') {
      own.unrealized = own.unrealized.plus(open);
      own.realizedToday = own.realizedToday.plus(holding.realizedToday);
      own.netLiquidation = own.netLiquidation.plus(contract.secType === 'STK' ? marketValue : open);
      if (contract.secType === 'STK') own.stockValue = own.stockValue.plus(marketValue);
    }
    if (contract.secType === 'STK') stockValue = stockValue.plus(marketValue.times(contract.rate));
    const fractions = marginFractions(rules, contract.secType);
    initialMargin = initialMargin.plus(worth.times(fractions.initial));
    maintenanceMargin = maintenanceMargin.plus(worth.times(fractions.maintenance));
    // A pair's profit is in the cash already.
    if (contract.secType !== 'CASH') unrealizedSum = unrealizedSum.plus(open.times(contract.rate));
    realizedToday = realizedToday.plus(holding.realizedToday.times(contract.rate));
    const daily = open.plus(holding.realizedToday).minus(holding.unrealizedAtDayStart);
    holdings.push({ conId: contract.conId, holding, price, marketValue, unrealized: open, daily });
  }
  const availableFunds = netLiquidation.minus(initialMargin);
  return {
    cash,
    currencies: [...currencies.values()],
    netLiquidation,
    stockValue,
    grossPositionValue: gross,
    initialMargin,
    maintenanceMargin,
    availableFunds,
    excessLiquidity: netLiquidation.minus(maintenanceMargin),
    // Reg T: what can be bought with the free funds at the initial margin of shares.
    buyingPower: Decimal.max(
      0,
      rules.initialMargin > 0 ? availableFunds.div(rules.initialMargin) : availableFunds,
    ),
    unrealized: unrealizedSum,
    realizedToday,
    dailyPnl: netLiquidation.minus(ledger.netLiquidationAtDayStart),
    holdings,
  };
}

export function marginFractions(rules: GatewayConfig['account'], secType: SecType) {
  if (secType === 'CASH') return { initial: rules.currencyMargin, maintenance: rules.currencyMargin };
  return secType === 'FUT'
    ? { initial: rules.futuresMargin, maintenance: rules.futuresMargin }
    : { initial: rules.initialMargin, maintenance: rules.maintenanceMargin };
}

/** Begins a market day: realised profit starts at zero and the day's profit counts from here. */
export function beginDay(
  ledger: Ledger,
  day: string,
  rules: GatewayConfig['account'],
  marked: (conId: number) => Marked | undefined,
  rateOf: (currency: string) => Decimal,
): Ledger {
  const now = valuate(ledger, rules, marked, rateOf);
  const holdings: Record<string, Holding> = {};
  for (const each of now.holdings) {
    if (each.holding.quantity.isZero()) continue;
    holdings[each.conId] = { ...each.holding, realizedToday: ZERO, unrealizedAtDayStart: each.unrealized };
  }
  const name = day.slice(0, 7);
  const month = ledger.month.name === name ? ledger.month : { name, shares: ZERO };
  return { ...ledger, holdings, day, month, netLiquidationAtDayStart: now.netLiquidation };
}
