import { describe, expect, it } from 'vitest';
import { until } from '../support/system.ts';
import { hasty } from '../support/trading-world.ts';
import { trading } from './field-notes/world.ts';

/** Bars are built from the live stream and compared with IBKR's history after some time: here, half a second. */
const timing = { ...hasty, barChecks: { settlingMs: 500, pauseMs: 500 } };

describe('bars of the live stream', () => {
  it('are those of the history, also over a lost connection and a lost link', async () => {
    const story = await trading({ timing });
    const checked = async () => (await story.prices()).map(({ barChecks }) => barChecks[0]?.bars ?? 0);
    await until('bars of each instrument were compared', async () =>
      (await checked()).every((bars) => bars >= 10),
    );
    story.world.strike({ fault: 'drop-connection' });
    await story.phase('ready');
    story.world.strike({ fault: 'link-lost', restored: '1101', for: '500ms' });
    await story.feedsLive();
    const before = await checked();
    await until('more bars of each were compared', async () =>
      (await checked()).every((bars, at) => bars >= (before[at] ?? 0) + 10),
    );
    expect((await story.prices()).map(({ barChecks }) => barChecks[0]?.differing)).toEqual([0, 0, 0]);
    expect(story.alarms().filter((alarm) => alarm.includes('history'))).toEqual([]);
  });
});
