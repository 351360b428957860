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

/** The whole account at present prices, in its own currency. */
export interface Valuation {
  cash: Decimal;
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
): Valuation {
  let netLiquidation = ledger.cash;
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
    if (contract.secType === 'STK') stockValue = stockValue.plus(marketValue.times(contract.rate));
    const fractions = marginFractions(rules, contract.secType);
    initialMargin = initialMargin.plus(worth.times(fractions.initial));
    maintenanceMargin = maintenanceMargin.plus(worth.times(fractions.maintenance));
    unrealizedSum = unrealizedSum.plus(open.times(contract.rate));
    realizedToday = realizedToday.plus(holding.realizedToday.times(contract.rate));
    const daily = open.plus(holding.realizedToday).minus(holding.unrealizedAtDayStart);
    holdings.push({ conId: contract.conId, holding, price, marketValue, unrealized: open, daily });
  }
  const availableFunds = netLiquidation.minus(initialMargin);
  return {
    cash: ledger.cash,
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
): Ledger {
  const now = valuate(ledger, rules, marked);
  const holdings: Record<string, Holding> = {};
  for (const each of now.holdings) {
    if (each.holding.quantity.isZero()) continue;
    holdings[each.conId] = { ...each.holding, realizedToday: ZERO, unrealizedAtDayStart: each.unrealized };
  }
  return { ...ledger, holdings, day, netLiquidationAtDayStart: now.netLiquidation };
}
