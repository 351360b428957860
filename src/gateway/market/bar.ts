/** One bar of a source, in market time (epoch ms); `start` inclusive, `end` exclusive. Volume in shares or contracts. */
export interface Bar {
  start: number;
  end: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Source timeframes and how long they are. A day's bar lasts one liquid session. */
export const TIMEFRAME_MS = {
  '1m': 60_000,
  '2m': 120_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
} as const;

export type Timeframe = keyof typeof TIMEFRAME_MS;
