import type { PastSession } from '../market/schedule.ts';
import type { Field, FieldReader } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { type ContractQuery, readContract } from './contract.ts';
import type { WireBar } from './market-data.ts';

export interface HistoricalDataRequest {
  reqId: number;
  contract: ContractQuery;
  endDateTime: string;
  barSize: string;
  duration: string;
  useRth: boolean;
  whatToShow: string;
  formatDate: number;
  keepUpToDate: boolean;
}

/** REQ_HISTORICAL_DATA. */
export function readHistoricalDataRequest(reader: FieldReader): HistoricalDataRequest {
  const reqId = reader.int('tickerId');
  const contract = readContract(reader, { includeExpired: true });
  const endDateTime = reader.str('endDateTime');
  const barSize = reader.str('barSizeSetting');
  const duration = reader.str('durationStr');
  const useRth = reader.bool('useRTH');
  const whatToShow = reader.str('whatToShow').toUpperCase();
  const formatDate = reader.int('formatDate');
  if (contract.secType === 'BAG')
    reader.list('comboLegs', () => reader.skip('conId', 'ratio', 'action', 'exchange'));
  const keepUpToDate = reader.bool('keepUpToDate');
  reader.skip('chartOptions');
  reader.end();
  return {
    reqId,
    contract,
    endDateTime,
    barSize,
    duration,
    useRth,
    whatToShow,
    formatDate,
    keepUpToDate,
  };
}

export interface DatedBar extends WireBar {
  /** Already in the format that the client asked for. */
  date: string;
}

/** HISTORICAL_DATA; clients take the end of the list for the end of the request. */
export const historicalData = (
  reqId: number,
  start: string,
  end: string,
  bars: readonly DatedBar[],
): Field[] => [
  Reply.historicalData,
  reqId,
  start,
  end,
  bars.length,
  ...bars.flatMap((b) => [b.date, b.open, b.high, b.low, b.close, b.volume, b.wap, b.count]),
];

/** HISTORICAL_DATA_UPDATE: mind the order, close before high and low. */
export const historicalDataUpdate = (reqId: number, bar: DatedBar): Field[] => [
  Reply.historicalDataUpdate,
  reqId,
  bar.count,
  bar.date,
  bar.open,
  bar.close,
  bar.high,
  bar.low,
  bar.wap,
  bar.volume,
];

/** HISTORICAL_SCHEDULE. */
export const historicalSchedule = (
  reqId: number,
  zone: string,
  sessions: readonly PastSession[],
): Field[] => [
  ...[Reply.historicalSchedule, reqId, sessions[0]?.start ?? '', sessions.at(-1)?.end ?? '', zone],
  sessions.length,
  ...sessions.flatMap(({ start, end, refDate }): Field[] => [start, end, refDate]),
];

/** REQ_HEAD_TIMESTAMP. */
export function readHeadTimestampRequest(reader: FieldReader) {
  const reqId = reader.int('tickerId');
  const contract = readContract(reader, { includeExpired: true });
  const useRth = reader.bool('useRTH');
  const whatToShow = reader.str('whatToShow').toUpperCase();
  const formatDate = reader.int('formatDate');
  reader.end();
  return { reqId, contract, useRth, whatToShow, formatDate };
}

export const headTimestamp = (reqId: number, timestamp: string): Field[] => [
  Reply.headTimestamp,
  reqId,
  timestamp,
];
