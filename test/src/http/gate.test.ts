import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOurHost, isSameOrigin } from '../../../src/http/auth/hosts.ts';
import { bearer, type Harness, harness, logIn } from './harness.ts';

let server: Harness;
let cookie: { cookie: string };
let uiDir = '';
const routes: { method: string; url: string; isOpen: boolean }[] = [];

beforeAll(async () => {
  uiDir = mkdtempSync(join(tmpdir(), 'tw-ui-'));
  writeFileSync(join(uiDir, 'index.html'), '<title>dashboard</title>');
  server = harness({ uiDir });
  // Runs for routes of plugins that load later: all of them do.
  server.app.addHook('onRoute', ({ method, url, config }: RouteOptions) => {
    for (const one of [method].flat()) routes.push({ method: one, url, isOpen: config?.open === true });
  });
  await server.app.ready();
  cookie = await logIn(server);
});
afterAll(async () => {
  await server.app.close();
  rmSync(uiDir, { recursive: true });
});

const urlOf = (url: string): string => url.replace(':id', 'a').replace(':ref', 'r1').replace('*', 'some.js');

describe('without login', () => {
  it('every route that is not open answers 401, and only the login page and /healthz are open', async () => {
    expect(routes.length).toBeGreaterThan(40);
    expect(routes.map(({ url }) => url)).toEqual(
      expect.arrayContaining([
        '/api/v1/sessions',
        '/api/v1/feed',
        '/api/docs',
        '/api/v1/openapi.json',
        '/*',
        '/readyz',
      ]),
    );
    const open = new Set(routes.filter(({ isOpen }) => isOpen).map(({ method, url }) => `${method} ${url}`));
    expect([...open].sort()).toEqual([
      'GET /healthz',
      'GET /login',
      'HEAD /healthz',
      'HEAD /login',
      'POST /login',
    ]);
    for (const { method, url, isOpen } of routes) {
      if (isOpen) continue;
      const answer = await server.app.inject({ method: method as 'GET', url: urlOf(url) });
      expect(answer.statusCode, `${method} ${url}`).toBe(401);
    }
  });

  it.each([
    '/nothing/here',
    '/api/v1/nothing',
    '/index.html',
    '/',
    '/api/../index.html',
    '//evil',
    '/API/v1/sessions',
  ])('%s answers 401', async (url) => {
    const answer = await server.app.inject({ url });
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toContain('dashboard</title>');
  });

  it('a browser gets a page and a script gets a problem document', async () => {
    const page = await server.app.inject({ url: '/sessions?tab=new', headers: { accept: 'text/html,*/*' } });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).toContain('npm run tw -- login');
    const api = await server.app.inject({ url: '/api/v1/sessions', headers: { accept: 'text/html' } });
    expect(api.headers['content-type']).toContain('application/problem+json');
    expect(api.json()).toMatchObject({ status: 401, code: 'notLoggedIn' });
    expect(api.headers['content-security-policy']).toContain("default-src 'self'");
  });

  it('a browser that comes by a link of another site asks once more by itself, as its cookie was held back', async () => {
    const ask = (site: string) =>
      server.app.inject({ url: '/', headers: { accept: 'text/html', 'sec-fetch-site': site } });
    expect((await ask('cross-site')).body).toContain('location.replace');
    expect((await ask('same-origin')).body).not.toContain('<script');
    expect((await ask('none')).body).not.toContain('<script');
  });

  it.each([
    ['a wrong bearer token', { authorization: 'Bearer wrong' }],
    ['an empty bearer token', { authorization: 'Bearer ' }],
    ['an unknown cookie', { cookie: 'tw_session=unknown' }],
    ['an empty cookie', { cookie: 'tw_session=' }],
  ])('%s answers 401', async (_case, headers) => {
    expect((await server.app.inject({ url: '/api/v1/system', headers })).statusCode).toBe(401);
  });

  it('/healthz says ok and no more', async () => {
    const answer = await server.app.inject('/healthz');
    expect([answer.statusCode, answer.body]).toEqual([200, 'ok\n']);
  });
});

describe('with login', () => {
  it('cookie and control token both open the interface', async () => {
    expect((await server.app.inject({ url: '/api/v1/system', headers: cookie })).statusCode).toBe(200);
    expect((await server.app.inject({ url: '/api/v1/system', headers: bearer })).statusCode).toBe(200);
  });

  it('a change from a page of another site is refused, from ours it is not', async () => {
    const halt = (headers: Record<string, string>) =>
      server.app.inject({ method: 'POST', url: '/api/v1/risk/halt', headers: { ...cookie, ...headers } });
    const refused = await halt({ origin: 'http://evil.example' });
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'wrongOrigin']);
    expect((await halt({ origin: 'null' })).statusCode).toBe(403);
    expect((await halt({ origin: 'http://localhost:81' })).statusCode).toBe(403);
    expect((await halt({ 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
    expect((await halt({ host: 'localhost:7400', origin: 'http://localhost:7400' })).statusCode).toBe(200);
    expect((await halt({})).statusCode).toBe(200);
  });

  it('a name that is not ours is refused, login or not', async () => {
    for (const headers of [
      { ...cookie, host: 'evil.example' },
      { ...bearer, host: 'evil.example:7400' },
    ]) {
      const answer = await server.app.inject({ url: '/api/v1/system', headers });
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'wrongHost']);
    }
    expect((await server.app.inject({ url: '/healthz', headers: { host: 'evil.example' } })).statusCode).toBe(
      403,
    );
  });
});

describe('isOurHost', () => {
  it.each([
    ['localhost:7400', [], true],
    ['LOCALHOST', [], true],
    ['127.0.0.1:7400', [], true],
    ['[::1]:7400', [], true],
    ['127.0.0.1.evil.example', [], false],
    ['evil.example', [], false],
    ['192.168.1.5:7400', [], false],
    ['192.168.1.5:7400', ['192.168.1.5'], true],
    ['192.168.1.5:7400', ['0.0.0.0'], true],
    ['evil.example', ['0.0.0.0'], false],
    ['desk.lan:7400', ['desk.lan'], true],
    ['evil@localhost', [], false],
    [undefined, [], false],
    ['', [], false],
  ])('%s with %j is %s', (header, configured, expected) => {
    expect(isOurHost(header, configured)).toBe(expected);
  });
});

describe('isSameOrigin', () => {
  it('compares host and port, whatever the scheme', () => {
    expect(isSameOrigin({ host: 'localhost:1', origin: 'https://localhost:1' })).toBe(true);
    expect(isSameOrigin({ host: 'localhost:1', origin: 'http://localhost' })).toBe(false);
    expect(isSameOrigin({ host: 'localhost', origin: 'http://localhost:80' })).toBe(true);
  });
});
