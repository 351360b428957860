import type { Bar, Timeframe } from '../../../machines/domain/bar.ts';
import type { InstrumentId } from '../../../machines/domain/instrument.ts';
import { type BulkClient, type Database, prepared } from '../database.ts';

const CHUNK = 10_000;
/** As doubles: epoch ms are exact in them, and the driver answers bigints as text. */
const columns = 'time::float8 as time, open, high, low, close, volume';

const UPSERT = prepared(
  'bars',
  `insert into bars (series_id, time, open, high, low, close, volume)
  select $1, * from unnest($2::bigint[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[])
  on conflict (series_id, time) do update set
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume`,
);

export interface BarCoverage {
  /** Epoch ms of the first and the last bar. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Price history in columns of doubles. */
export class BarsRepository {
  readonly #db: Database;
  /** Series are never removed, so their numbers may be remembered. */
  readonly #seriesIds = new Map<string, number>();

  constructor(db: Database) {
    this.#db = db;
  }

  async #find(client: BulkClient, instrumentId: InstrumentId, timeframe: Timeframe): Promise<number | null> {
    const key = `${instrumentId} ${timeframe}`;
    const known = this.#seriesIds.get(key);
    if (known !== undefined) return known;
    const { rows } = await client.query(
      'select id from bar_series where instrument_id = $1 and timeframe = $2',
      [instrumentId, timeframe],
    );
    const id = (rows as { id: number }[])[0]?.id ?? null;
    if (id !== null) this.#seriesIds.set(key, id);
    return id;
  }

  async #make(client: BulkClient, instrumentId: InstrumentId, timeframe: Timeframe): Promise<number> {
    const known = await this.#find(client, instrumentId, timeframe);
    if (known !== null) return known;
    await client.query(
      'insert into bar_series (instrument_id, timeframe) values ($1, $2) on conflict do nothing',
      [instrumentId, timeframe],
    );
    const made = await this.#find(client, instrumentId, timeframe);
    if (made === null) throw new Error(`bar series of ${instrumentId} ${timeframe} was not made`);
    return made;
  }

  /** Writes bars, sorted or not; where a time is there already, or given twice, the later value wins. Answers how many were written. */
  async append(instrumentId: InstrumentId, timeframe: Timeframe, bars: readonly Bar[]): Promise<number> {
    const byTime = new Map(bars.map((bar) => [bar.time, bar]));
    if (byTime.size === 0) return 0;
    const unique = [...byTime.values()];
    return this.#db.bulk(async (client) => {
      const id = await this.#make(client, instrumentId, timeframe);
      for (let at = 0; at < unique.length; at += CHUNK) {
        const chunk = unique.slice(at, at + CHUNK);
        const column = (name: keyof Bar) => chunk.map((bar) => bar[name]);
        await client.query(UPSERT, [
          id,
          column('time'),
          column('open'),
          column('high'),
          column('low'),
          column('close'),
          column('volume'),
        ]);
      }
      return unique.length;
    });
  }

  async #select(
    instrumentId: InstrumentId,
    timeframe: Timeframe,
    where: string,
    values: readonly unknown[],
  ): Promise<Bar[]> {
    return this.#db.bulk(async (client) => {
      const id = await this.#find(client, instrumentId, timeframe);
      if (id === null) return [];
      const { rows } = await client.query(`select ${columns} from bars where series_id = $1 and ${where}`, [
        id,
        ...values,
      ]);
      return rows as Bar[];
    });
  }

  /** The newest `count` bars that start before `before` (epoch ms, default no bound), ascending. */
  async last(
    instrumentId: InstrumentId,
    timeframe: Timeframe,
    count: number,
    before?: number,
  ): Promise<readonly Bar[]> {
    const newestFirst = await this.#select(
      instrumentId,
      timeframe,
      'time < $2 order by bars.time desc limit $3',
      [before ?? Number.MAX_SAFE_INTEGER, count],
    );
    return newestFirst.reverse();
  }

  /** Bars with `from <= time < to`, ascending, at most `limit`. */
  range(
    instrumentId: InstrumentId,
    timeframe: Timeframe,
    from: number,
    to: number,
    limit: number,
  ): Promise<readonly Bar[]> {
    return this.#select(instrumentId, timeframe, 'time >= $2 and time < $3 order by bars.time limit $4', [
      from,
      to,
      limit,
    ]);
  }

  /** What is there; null when there is none. */
  async coverage(instrumentId: InstrumentId, timeframe: Timeframe): Promise<BarCoverage | null> {
    return this.#db.bulk(async (client) => {
      const id = await this.#find(client, instrumentId, timeframe);
      const { rows } = await client.query(
        `select min(time)::float8 as first, max(time)::float8 as last, count(*)::float8 as count
         from bars where series_id = $1`,
        [id],
      );
      const found = (rows as { first: number | null; last: number | null; count: number }[])[0];
      if (found === undefined || found.first === null || found.last === null) return null;
      return { first: found.first, last: found.last, count: found.count };
    });
  }
}
