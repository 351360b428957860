import { instantOf, offsetMs, parseTimeOfDay } from './zone.ts';

/**
 * A moment as clients write it: `yyyyMMdd`, `yyyyMMdd HH:mm:ss[ zone]` in the named or the given zone, or
 * `yyyyMMdd-HH:mm:ss` in UTC. Answers epoch ms; a date alone is its midnight, and says so. Undefined when it is none.
 * https://interactivebrokers.github.io/tws-api/historical_bars.html
 */
export function parseMoment(text: string, zone: string): { at: number; isDate: boolean } | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(?:(-|\s+)(\d{1,2}:\d{2}(?::\d{2})?))?(?:\s+(\S+))?$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const inZone = match[4] === '-' ? 'UTC' : (match[6] ?? zone);
  const time = parseTimeOfDay(match[5] ?? '00:00');
  try {
    const at = instantOf(inZone, `${match[1]}-${match[2]}-${match[3]}`, time ?? 0);
    offsetMs(inZone, at);
    return Number.isNaN(at) ? undefined : { at, isDate: match[5] === undefined };
  } catch {
    return undefined;
  }
}
