import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { until } from '../support/system.ts';
import { type Story, trading } from './field-notes/world.ts';

/** The broker's word on a trade may change after it: the last word counts, and a person hears of it. */

const id = 'SP500-2011.STK.SMART.USD';

/** Buys 3 by hand, of an instrument whose session rests. */
async function bought(story: Story) {
  const { dashboard } = story.world.trading;
  await dashboard.commandSession('sp500-2011-busy', 'pause');
  const { ref } = await dashboard.placeOrder({
    ...{ instrumentId: id, side: 'BUY', quantity: '3', orderType: 'MKT' },
    ...{ limitPrice: null, timeInForce: 'DAY' },
  });
  if (ref === null) throw new Error('the order was not placed');
  await story.state(ref, 'filled');
  const stored = () =>
    story.world.rows<{ exec_id: string; price: string; quantity: string }>(
      `select exec_id, price, quantity from executions where order_key = '${ref}' order by exec_revision`,
    );
  const [first] = await stored();
  if (first === undefined) throw new Error('no execution is stored');
  const trade = async () => (await dashboard.trades({ limit: 200 })).find((each) => each.key === ref);
  return { ref, first, stored, trade };
}

describe('an execution that is corrected', () => {
  it('counts once, with the corrected price; both words are kept and a person is told', async () => {
    const story = await trading();
    const { ref, first, stored, trade } = await bought(story);
    const price = new Decimal(first.price).minus('0.5');
    story.world.gateway.broker.desk.correct(first.exec_id, price);
    await until('the trade shows it', async () =>
      new Decimal((await trade())?.averagePrice ?? 0).equals(price),
    );
    expect(await trade()).toMatchObject({ state: 'filled', filled: '3', executions: 1 });
    expect((await stored()).map((row) => new Decimal(row.price).toString())).toEqual([
      new Decimal(first.price).toString(),
      price.toString(),
    ]);
    expect(story.alarms()).toContainEqual(
      expect.stringMatching(
        `of order ${ref} was corrected by the broker: BUY 3 SP500-2011 at ${price} counts now`,
      ),
    );
    await story.world.agrees();
  });
});

describe('an execution that is busted', () => {
  it('counts no more, also after a restart: the position is the broker\u2019s, and a person is told once', async () => {
    const story = await trading();
    const { ref, first, stored, trade } = await bought(story);
    story.world.gateway.broker.desk.bust(first.exec_id);
    await until('the trade shows it', async () => (await trade())?.filled === '0');
    expect(await stored()).toHaveLength(2);
    const told = () => story.alarms().filter((alarm) => alarm.includes(`of order ${ref} was busted`));
    expect(told()).toHaveLength(1);
    await story.world.agrees();
    await story.world.trading.stop();
    await story.world.start();
    await story.world.open();
    await story.world.agrees();
    expect(await trade()).toMatchObject({ filled: '0' });
    expect(told()).toEqual([]);
  });
});
