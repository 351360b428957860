import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../../machines/domain/order.ts';
import { verdictOf } from '../../../machines/order/order.status.ts';
import { changeOf, DeskWorld, intentOf } from './desk-world.ts';

const refs = [1, 2, 3, 4, 5, 6];
const refOf = (n: number) => intentOf(n).ref;

type Act =
  | { readonly type: 'submit' | 'submitAgain' | 'cancel' | 'acknowledge' | 'fill' | 'reject'; n: number }
  | { readonly type: 'cancelled' | 'duplicateFill' | 'vanish'; n: number }
  | { readonly type: 'lose' | 'ready' | 'restart' | 'storeDown' | 'storeUp'; n: number }
  | { readonly type: 'bracket' | 'grow' | 'shrink' | 'takeChange' | 'refuseChange'; n: number }
  | { readonly type: 'mute' | 'answer' | 'pass' | 'settle'; n: number };

const act: fc.Arbitrary<Act> = fc.record({
  type: fc.constantFrom<Act['type']>(
    'submit',
    'submit',
    'submit',
    'submitAgain',
    'cancel',
    'acknowledge',
    'acknowledge',
    'fill',
    'fill',
    'reject',
    'cancelled',
    'duplicateFill',
    'bracket',
    'grow',
    'shrink',
    'takeChange',
    'takeChange',
    'refuseChange',
    'vanish',
    'lose',
    'ready',
    'ready',
    'restart',
    'storeDown',
    'storeUp',
    'mute',
    'answer',
    'pass',
    'settle',
    'settle',
  ),
  n: fc.constantFrom(...refs),
});

/** Whether a change is on its way that the broker can still follow. */
function isAsked({ broker }: DeskWorld, ref: string): boolean {
  const wanted = broker.modified.findLast(({ intent }) => intent.ref === ref)?.intent.quantity;
  return wanted !== undefined && Number(wanted) > Number(broker.order(ref).filled);
}

async function perform(world: DeskWorld, { type, n }: Act): Promise<void> {
  const { broker } = world;
  const ref = refOf(n);
  const isLive = broker.has(ref) && !['Filled', 'Cancelled', 'Inactive'].includes(broker.order(ref).status);
  switch (type) {
    case 'submit':
    case 'submitAgain':
      void world.submit(intentOf(n));
      break;
    case 'cancel':
      void world.client.cancel(ref);
      break;
    case 'acknowledge':
      if (isLive) broker.status(ref, 'Submitted');
      break;
    case 'fill':
      if (isLive) broker.fill(ref, '50');
      break;
    case 'reject':
      if (isLive && broker.order(ref).filled === '0') {
        broker.status(ref, 'Inactive');
        broker.error(ref, 201);
      }
      break;
    case 'cancelled':
      if (isLive) broker.status(ref, 'Cancelled');
      break;
    case 'duplicateFill': {
      const execution = broker.executions[n % Math.max(1, broker.executions.length)];
      if (execution !== undefined) broker.push({ type: 'broker.execution', execution });
      break;
    }
    case 'bracket':
      void world.submitBracket(100 + 10 * n);
      break;
    case 'grow':
    case 'shrink':
      void world.client.amend(changeOf(n, { quantity: type === 'grow' ? '200' : '50' }));
      break;
    case 'takeChange':
      if (isLive && isAsked(world, ref)) broker.amend(ref, { silent: n % 2 === 0 });
      break;
    case 'refuseChange':
      if (isLive && isAsked(world, ref)) broker.error(ref, [103, 104, 105, 201, 329][n % 5] ?? 105);
      break;
    case 'vanish':
      broker.delivery = broker.delivery === 'vanish' ? 'arrive' : 'vanish';
      break;
    case 'lose':
      world.lose();
      break;
    case 'ready':
      world.ready();
      break;
    case 'restart':
      world.kill();
      world.start();
      if (broker.connected) world.ready();
      break;
    case 'storeDown':
      world.store.down = true;
      break;
    case 'storeUp':
      world.store.down = false;
      break;
    case 'mute':
      broker.answering = 'fails';
      break;
    case 'answer':
      broker.answering = 'yes';
      break;
    case 'pass':
      await world.pass(n * 1_000);
      break;
    case 'settle':
      await world.settle();
      break;
  }
}

function expectInvariants(world: DeskWorld): void {
  const placed = world.broker.placed.map(({ intent }) => intent.ref);
  expect(new Set(placed).size, 'no ref is placed twice').toBe(placed.length);
  const ids = world.broker.placed.map(({ orderId }) => orderId);
  expect(new Set(ids).size, 'no order id is handed out twice').toBe(ids.length);
  for (const ref of placed) expect(world.store.orders.has(ref), 'the intent was committed first').toBe(true);
  for (const order of world.store.orders.values()) {
    expect(order.filled, 'filled is the sum of the executions').toBe(world.store.sumOf(order.ref).filled);
  }
}

describe('whatever happens in whatever order', () => {
  it('no order is placed twice, nothing is placed while not open, and all is settled as the broker has it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
        const world = await new DeskWorld().open();
        const placedWhile: string[] = [];
        const place = world.broker.place.bind(world.broker);
        world.broker.place = (placement) => {
          placedWhile.push(world.client.state());
          place(placement);
        };
        for (const each of acts) {
          await perform(world, each);
          expectInvariants(world);
        }

        // The storm is over: everything works again, and everything must come out as the broker has it.
        world.store.down = false;
        world.broker.answering = 'yes';
        world.lose();
        world.ready();
        await world.pass(90_000);
        expectInvariants(world);
        for (const order of world.store.orders.values()) {
          if (!world.broker.has(order.ref)) {
            expect(order.state, `${order.ref} is not at the broker`).toBe('absent');
            continue;
          }
          const theirs = world.broker.order(order.ref);
          expect(order.filled, `${order.ref} has filled as the broker says`).toBe(theirs.filled);
          if (!isFinal(order.state)) expect(order.quantity, `${order.ref} is as large`).toBe(theirs.quantity);
          const isOver = ['Filled', 'Cancelled', 'Inactive'].includes(theirs.status);
          expect(isFinal(order.state), `${order.ref}: ${order.state}, at the broker ${theirs.status}`).toBe(
            isOver,
          );
          if (isOver) expect(order.state).toBe(verdictOf('unknown', theirs.status, 'completed'));
        }
        expect(
          placedWhile.filter((state) => state !== 'open'),
          'nothing is placed while recovering',
        ).toEqual([]);
        expect(world.store.executions.size).toBe(world.broker.executions.length);
        expect(world.alarms.filter((message) => message.includes('died'))).toEqual([]);
        world.kill();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
