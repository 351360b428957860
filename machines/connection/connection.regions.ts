/** The regions of the chart that keep time: the gateway's restarts, and the person who must log in. */
import type { connectionSetup } from './connection.setup.ts';

type Setup = ReturnType<typeof connectionSetup>;

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
