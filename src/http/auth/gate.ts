import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../problems.ts';
import { isOurHost, isSameOrigin } from './hosts.ts';
import { languageOf, refusedPage, sendPage } from './pages.ts';
import { hashOf, sameSecret } from './secrets.ts';
import { COOKIE, SessionsUnavailable, type WebSessions } from './web-sessions.ts';

/** Who asks. `control`: a command of this machine with this run's token; `browser`: someone who logged in. */
export interface Caller {
  readonly kind: 'control' | 'browser';
  readonly role: 'admin';
  /** Null for `control`. */
  readonly sessionHash: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Served without login. */
    open?: boolean;
    /** For commands of this machine only. */
    controlOnly?: boolean;
  }
}

export interface GateOptions {
  readonly webSessions: WebSessions;
  readonly controlToken: string;
  /** Names by which this server may be asked for, besides loopback. */
  readonly hosts: readonly string[];
}

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Lets nobody in who is not known: every request, those for unknown addresses and static files included, passes here.
 * Only routes marked `open` are served without login. Call it once the cookie plugin is loaded.
 */
export function addGate(app: FastifyInstance, options: GateOptions): void {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    if (!isOurHost(request.headers.host, options.hosts)) {
      const found = request.headers.host ?? 'nothing';
      return sendProblem(
        reply,
        403,
        'wrongHost',
        `Host: found "${found}", expected localhost or the configured host of this server.`,
      );
    }
    request.caller = await callerOf(request, options);
    const changes = !SAFE_METHODS.includes(request.method) || request.ws;
    if (changes && request.caller?.kind !== 'control' && !isSameOrigin(request.headers)) {
      const found = request.headers.origin ?? 'another site';
      return sendProblem(
        reply,
        403,
        'wrongOrigin',
        `Origin: found "${found}", expected a page of this server.`,
      );
    }
    const { open, controlOnly } = request.routeOptions.config;
    if (open === true) return;
    if (request.caller === null) return refuse(request, reply);
    if (controlOnly === true && request.caller.kind !== 'control') {
      return sendProblem(reply, 403, 'controlOnly', 'Only a command on this machine may do this.');
    }
  });
}

async function callerOf(request: FastifyRequest, options: GateOptions): Promise<Caller | null> {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    const good = sameSecret(bearer, options.controlToken);
    return good ? { kind: 'control', role: 'admin', sessionHash: null } : null;
  }
  const cookie = request.cookies[COOKIE];
  if (cookie === undefined || cookie === '') return null;
  const sessionHash = hashOf(cookie);
  try {
    const known = await options.webSessions.isKnown(sessionHash);
    return known ? { kind: 'browser', role: 'admin', sessionHash } : null;
  } catch (error) {
    // What is open stays open; everything else says why it cannot tell.
    if (error instanceof SessionsUnavailable && request.routeOptions.config.open === true) return null;
    throw error;
  }
}

function refuse(request: FastifyRequest, reply: FastifyReply) {
  const wantsPage = !request.url.startsWith('/api') && (request.headers.accept ?? '').includes('text/html');
  if (wantsPage) {
    const site = request.headers['sec-fetch-site'];
    const fromElsewhere = site === 'cross-site' || site === 'same-site';
    return sendPage(reply, 401, refusedPage(languageOf(request), 'noLogin', fromElsewhere));
  }
  reply.header('www-authenticate', 'Bearer');
  return sendProblem(
    reply,
    401,
    'notLoggedIn',
    'Log in with the link that the start command prints, or get a new one with: npm run tw -- login',
  );
}
