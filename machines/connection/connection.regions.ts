/** The smaller regions of the chart: IBKR's data farms, the gateway's restarts, and the person who must log in. */
import type { connectionSetup } from './connection.setup.ts';
import type { FarmStatus } from './connection.status.ts';

type Setup = ReturnType<typeof connectionSetup>;

/** The farms of one kind: broken while IBKR says so of any of them. */
const farmsOfKind = (of: Setup, kind: FarmStatus['kind']) =>
  of.createStateConfig({
    initial: 'working',
    states: {
      working: { always: { guard: { type: 'isAnyBroken', params: { kind } }, target: 'broken' } },
      broken: { always: { guard: { type: 'isNoneBroken', params: { kind } }, target: 'working' } },
    },
  });

/** IBKR's data farms. They come and go by themselves: nothing here touches the socket, ready or an order. */
export const farmsRegion = (of: Setup) =>
  of.createStateConfig({
    type: 'parallel',
    on: {
      'socket.notice': {
        guard: 'saysFarm',
        actions: [{ type: 'recordFarm', params: ({ event }) => event }, 'announceChange'],
      },
    },
    states: {
      market: farmsOfKind(of, 'market'),
      historical: farmsOfKind(of, 'historical'),
      secdef: farmsOfKind(of, 'secdef'),
    },
  });

/** Around a planned restart no order leaves: what is sent in its seconds vanishes. */
export const restartRegion = (of: Setup) =>
  of.createStateConfig({
    initial: 'unplanned',
    states: {
      unplanned: { always: { guard: 'hasRestartPlan', target: 'clear' } },
      clear: {
        description: 'Until the next restart is near.',
        entry: ['planRestart', 'announceChange'],
        after: { quietBegins: 'quiet' },
      },
      quiet: {
        description: 'The gateway is about to restart, or just did: no order leaves.',
        entry: ['beginQuiet', 'announceChange'],
        after: { quietEnds: 'clear' },
      },
    },
  });

/** Once a week the gateway waits for a person with a second factor. */
export const humanRegion = (of: Setup) =>
  of.createStateConfig({
    initial: 'unplanned',
    states: {
      unplanned: { always: { guard: 'hasLoginPlan', target: 'later' } },
      later: { entry: ['planLogin', 'announceChange'], after: { warningDue: 'soon' } },
      soon: {
        description: 'A person will be needed soon: there is a countdown.',
        entry: [{ type: 'noteLogin', params: { state: 'soon' } }, 'announceChange'],
        after: { loginDue: 'watching' },
      },
      watching: {
        description: 'The login is due; the gateway may take a while to log out.',
        always: { guard: 'isAway', target: 'awaited' },
        after: { loginGrace: 'later' },
      },
      awaited: {
        description: 'The gateway is gone and the login is due: only a person brings it back.',
        entry: [{ type: 'noteLogin', params: { state: 'awaited' } }, 'announceChange'],
        always: { guard: 'isReady', target: 'later' },
      },
    },
  });
