/** A span of trading in epoch milliseconds: `from` inclusive, `to` exclusive. */
export interface TradingSpan {
  readonly from: number;
  readonly to: number;
}

const SPAN = /^(\d{4})(\d{2})(\d{2}):(\d{2})(\d{2})-(\d{4})(\d{2})(\d{2}):(\d{2})(\d{2})$/;
const CLOSED = /^\d{8}:CLOSED$/;

/** Epoch ms of a wall-clock time in an IANA zone; the later of two in a gap, the earlier of two in a fold. */
function instant(
  zone: string,
  year: string,
  month: string,
  day: string,
  hour: string,
  minute: string,
): number {
  return Temporal.PlainDateTime.from(`${year}-${month}-${day}T${hour}:${minute}`).toZonedDateTime(zone)
    .epochMilliseconds;
}

/**
 * Parses IBKR's `tradingHours` / `liquidHours`, e.g. `20260105:0930-20260105:1600;20260106:CLOSED`.
 * Answers ascending spans; an empty text answers none (unknown hours mean closed).
 * @throws RangeError on a segment or a zone it cannot read.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#contract-details
 */
export function parseTradingHours(text: string, timeZone: string): TradingSpan[] {
  const spans: TradingSpan[] = [];
  for (const segment of text.split(';')) {
    if (segment === '' || CLOSED.test(segment)) continue;
    const m = SPAN.exec(segment);
    if (m === null) {
      throw new RangeError(
        `trading hours: found "${segment}", expected "YYYYMMDD:HHMM-YYYYMMDD:HHMM" or "YYYYMMDD:CLOSED"`,
      );
    }
    const [, y1 = '', mo1 = '', d1 = '', h1 = '', mi1 = '', y2 = '', mo2 = '', d2 = '', h2 = '', mi2 = ''] =
      m;
    spans.push({
      from: instant(timeZone, y1, mo1, d1, h1, mi1),
      to: instant(timeZone, y2, mo2, d2, h2, mi2),
    });
  }
  return spans.sort((a, b) => a.from - b.from);
}

/** Tells whether a moment is inside one of the spans. */
export const isOpenAt = (spans: readonly TradingSpan[], at: number): boolean =>
  spans.some((span) => at >= span.from && at < span.to);

/** The last moment that the spans speak of; beyond it hours are unknown. Null when they speak of none. */
export const knownUntil = (spans: readonly TradingSpan[]): number | null => spans.at(-1)?.to ?? null;
