import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import websocket from '@fastify/websocket';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { addGate } from './auth/gate.ts';
import { loginApiRoutes, loginRoutes } from './auth/login.routes.ts';
import type { LoginTokens } from './auth/login-tokens.ts';
import { WebSessions } from './auth/web-sessions.ts';
import { FeedHub, feedRoutes } from './feed.ts';
import { addOpenApi } from './openapi.ts';
import { addErrorHandler, sendProblem } from './problems.ts';
import { accountRoutes } from './routes/account.routes.ts';
import { actorRoutes } from './routes/actor.routes.ts';
import { barRoutes } from './routes/bar.routes.ts';
import type { Routes } from './routes/http-app.ts';
import { journalRoutes } from './routes/journal.routes.ts';
import { orderRoutes } from './routes/order.routes.ts';
import { positionRoutes } from './routes/position.routes.ts';
import { priceRoutes } from './routes/price.routes.ts';
import { reconciliationRoutes } from './routes/reconciliation.routes.ts';
import { riskRoutes } from './routes/risk.routes.ts';
import { sessionRoutes } from './routes/session.routes.ts';
import { strategyRoutes } from './routes/strategy.routes.ts';
import { healthOf, systemRoutes } from './routes/system.routes.ts';
import { tradeRoutes } from './routes/trade.routes.ts';
import type { RuntimePort, WebSessionPort } from './runtime.port.ts';
import { addStatic } from './static.ts';

/** Every thing that has routes below /api/v1. */
const things: readonly Routes[] = [
  sessionRoutes,
  orderRoutes,
  tradeRoutes,
  positionRoutes,
  reconciliationRoutes,
  accountRoutes,
  priceRoutes,
  barRoutes,
  strategyRoutes,
  riskRoutes,
  systemRoutes,
  actorRoutes,
  journalRoutes,
];

export interface AppOptions {
  readonly runtime: RuntimePort;
  readonly webSessions: WebSessionPort;
  readonly loginTokens: LoginTokens;
  /** Bearer token of this run for commands on this machine; the caller keeps it in a file that only the user reads. */
  readonly controlToken: string;
  /** Folder of the built dashboard. */
  readonly uiDir: string;
  readonly version: string;
  /** The host that the server is told to listen on; loopback names are always good. */
  readonly host?: string;
  /** Absent: silent. */
  readonly log?: FastifyBaseLogger;
}

/** One JSON message of a client of the feed is far smaller; a session draft is too. */
const MAX_BODY_BYTES = 256 * 1024;
const MAX_FEED_MESSAGE_BYTES = 64 * 1024;
/** An actor's path is one parameter, its slashes encoded. */
const MAX_PARAMETER_LENGTH = 1000;

/**
 * Builds the web server, which does not listen yet (`listen`). It observes and commands the runtime through its port
 * and holds nothing of its own but sockets: closing it changes nothing in trading.
 */
export function buildApp(options: AppOptions): FastifyInstance {
  const { runtime, version, controlToken, loginTokens } = options;
  const app: FastifyInstance = Fastify({
    ...(options.log === undefined ? {} : { loggerInstance: options.log }),
    // Addresses may carry a login token: they are not logged.
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAMETER_LENGTH },
    frameworkErrors: (error, _request, reply) =>
      void sendProblem(reply as FastifyReply, error.statusCode ?? 400, 'badRequest', error.message),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  addErrorHandler(app);

  const webSessions = new WebSessions(options.webSessions);
  app.register(helmet, {
    global: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // Components of the dashboard set styles while they run.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // With "no-referrer" browsers send "Origin: null" with the form of the login page.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
  });
  app.register(cookie);
  const hub = new FeedHub(runtime, app.log);
  app.register(websocket, {
    options: { maxPayload: MAX_FEED_MESSAGE_BYTES, perMessageDeflate: false },
    // Instead of the plugin's own, which closes sockets without a word.
    preClose: (done) => {
      hub.close();
      done();
    },
  });
  app.after(() => {
    const hosts = options.host === undefined ? [] : [options.host];
    addGate(app, { webSessions, controlToken, hosts });
  });
  addOpenApi(app, version);
  addStatic(app, options.uiDir);

  app.register(async (scope) => {
    const typed = scope.withTypeProvider<ZodTypeProvider>();
    loginRoutes(typed, { loginTokens, webSessions });
    scope.get('/healthz', { config: { open: true }, schema: { hide: true } }, (_request, reply) =>
      reply.type('text/plain').send('ok\n'),
    );
    scope.get('/readyz', { schema: { hide: true } }, (_request, reply) => {
      const { checks } = healthOf(runtime.system());
      const missing = checks.filter(({ name, ok }) => !ok && name !== 'risk');
      if (missing.length === 0) return reply.type('text/plain').send('ready\n');
      const causes = missing.map(({ name, cause }) => `${name}: ${cause ?? 'not ready'}`).join('; ');
      return sendProblem(reply, 503, 'notReady', causes);
    });
  });

  app.register(
    async (scope) => {
      const typed = scope.withTypeProvider<ZodTypeProvider>();
      for (const routes of things) routes(typed, runtime);
      loginApiRoutes(typed, { loginTokens, webSessions });
      feedRoutes(typed, hub, (hash) => webSessions.isKnown(hash));
    },
    { prefix: '/api/v1' },
  );
  return app;
}
