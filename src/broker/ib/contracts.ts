import type { Contract, ContractDetails, SecType as IbSecType } from '@stoqey/ib';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { decimal, decimalString } from '../../../machines/domain/decimal.ts';
import {
  type Instrument,
  type InstrumentId,
  type InstrumentKey,
  instrumentId,
  SecType,
} from '../../../machines/domain/instrument.ts';
import { type PriceBands, singleBand } from '../../../machines/domain/price-bands.ts';
import { isTimeZone } from '../../../machines/domain/wall-time.ts';
import type { Log } from './log.ts';

/** The exchange that our keys name by default, where messages carry none or the one of a single fill. */
const defaultExchange: Readonly<Record<string, string>> = {
  STK: 'SMART',
  CFD: 'SMART',
  CASH: 'IDEALPRO',
  CRYPTO: 'PAXOS',
};

/** Our id for a contract that was never looked up: as a YAML key without special routing would have it. */
export function guessInstrumentId(contract: Contract): InstrumentId {
  const secType = contract.secType ?? 'UNKNOWN';
  const isPlain = Object.values<string>(SecType).includes(secType);
  // Options, bonds and bags of other clients have no symbol of their own; the local one tells them apart.
  const symbol = isPlain ? contract.symbol : contract.localSymbol || contract.symbol;
  const expiry = secType === SecType.future ? contract.lastTradeDateOrContractMonth : undefined;
  return instrumentId({
    symbol: symbol || `CONID${contract.conId ?? 0}`,
    secType: secType as SecType,
    exchange: defaultExchange[secType] ?? (contract.primaryExch || contract.exchange || 'SMART'),
    currency: contract.currency || 'UNKNOWN',
    expiry: expiry || undefined,
  });
}

/** The contract that a person's key asks for. */
export function contractOfKey(key: InstrumentKey): Contract {
  return {
    symbol: key.symbol,
    secType: key.secType as unknown as IbSecType,
    exchange: key.exchange,
    currency: key.currency,
    ...(key.primaryExchange === undefined ? {} : { primaryExch: key.primaryExchange }),
    ...(key.expiry === undefined ? {} : { lastTradeDateOrContractMonth: key.expiry }),
  };
}

/** The one contract of an instrument. */
export const contractOf = (instrument: Instrument): Contract => ({
  ...contractOfKey(instrument),
  conId: instrument.conId,
});

/** Takes an id apart again: the way to a contract that was never looked up, e.g. after a restart. */
export function keyOfInstrumentId(id: InstrumentId): InstrumentKey {
  const match = /^(.+?)(?:-(\d{6}|\d{8}))?\.([A-Z]+)\.([^.]+)\.([A-Z]{3})$/.exec(id);
  const secType = Object.values(SecType).find((type) => type === match?.[3]);
  if (match === null || secType === undefined) {
    throw new BrokerError(
      'unavailable',
      `instrument: found "${id}", expected "SYMBOL.SECTYPE.EXCHANGE.CURRENCY"`,
    );
  }
  const [, symbol = '', expiry, , exchange = '', currency = ''] = match;
  return { symbol, secType, exchange, currency, ...(expiry === undefined ? {} : { expiry }) };
}

/**
 * Makes an instrument of contract details.
 * `bands` are those of its market rule; null when the broker did not tell them: then minTick counts everywhere.
 * A zone that cannot be computed with makes the hours unknown, which means closed.
 * @throws RangeError when the contract id or the minimum tick is missing.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#contract-details (read 2026-11)
 */
export function instrumentOf(
  key: InstrumentKey,
  details: ContractDetails,
  bands: PriceBands | null,
  log: Log,
): Instrument {
  const { contract, minTick, timeZoneId = '' } = details;
  const id = instrumentId(key);
  if (!contract.conId) throw new RangeError(`contract of ${id}: found no contract id`);
  if (minTick === undefined || !(minTick > 0)) {
    throw new RangeError(`contract of ${id}: found minimum tick "${minTick}", expected a positive number`);
  }
  const hasZone = isTimeZone(timeZoneId);
  if (!hasZone)
    log.warn({ id, timeZoneId }, 'the time zone of the contract is not known: its hours are unknown');
  return {
    ...key,
    id,
    conId: contract.conId,
    longName: details.longName ?? '',
    minTick: decimalString(minTick),
    priceBands: bands ?? singleBand(decimalString(minTick)),
    // Absent and 0 both mean 1; a magnified price would need `priceMagnifier`, which no type traded here has.
    multiplier: contract.multiplier ? decimalString(contract.multiplier) : '1',
    timeZone: hasZone ? timeZoneId : 'UTC',
    tradingHours: hasZone ? (details.tradingHours ?? '') : '',
    liquidHours: hasZone ? (details.liquidHours ?? '') : '',
  };
}

/** What is known of contracts, over all connections. */
export interface Contracts {
  remember(instrument: Instrument): void;
  /** Our id of a contract in a message of the gateway. */
  idOf(contract: Contract): InstrumentId;
  /** The contract to trade. @throws BrokerError `unavailable` when the id cannot be read. */
  contract(id: InstrumentId): Contract;
}

/** Starts with the instruments that the database knows, so that positions carry their ids from the first load on. */
export function createContracts(known: Iterable<Instrument> = []): Contracts {
  const byConId = new Map<number, Instrument>();
  const byId = new Map<InstrumentId, Instrument>();
  const remember = (instrument: Instrument): void => {
    byConId.set(instrument.conId, instrument);
    byId.set(instrument.id, instrument);
  };
  for (const instrument of known) remember(instrument);
  return {
    remember,
    idOf: (contract) => byConId.get(contract.conId ?? 0)?.id ?? guessInstrumentId(contract),
    contract: (id) => {
      const instrument = byId.get(id);
      return instrument === undefined ? contractOfKey(keyOfInstrumentId(id)) : contractOf(instrument);
    },
  };
}

/** A finite number of the wire as a decimal. @throws RangeError naming the field. */
export function decimalField(field: string, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value) || Math.abs(value) >= 1.797e308) {
    throw new RangeError(`${field}: found "${value}", expected a finite number`);
  }
  return decimalString(decimal(value));
}

/** As `decimalField`, but IBKR's "unset" (nothing, or the largest double) is null. */
export function decimalOrNull(value: number | undefined): string | null {
  if (value === undefined || !Number.isFinite(value) || Math.abs(value) >= 1.797e308) return null;
  return decimalString(value);
}

/** The market rule for the exchange that orders are routed to; null when the details name none. */
export function marketRuleIdOf({
  contract,
  validExchanges = '',
  marketRuleIds = '',
}: ContractDetails): number | null {
  const ids = marketRuleIds.split(',');
  const at = validExchanges.split(',').indexOf(contract.exchange ?? '');
  const id = Number(ids[Math.max(0, at)]);
  return Number.isInteger(id) && id > 0 ? id : null;
}
