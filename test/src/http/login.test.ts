import { afterEach, describe, expect, it } from 'vitest';
import { LoginTokens } from '../../../src/http/auth/login-tokens.ts';
import { hashOf } from '../../../src/http/auth/secrets.ts';
import { bearer, type Harness, harness, logIn } from './harness.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const open: Harness[] = [];
const made = (over: Parameters<typeof harness>[0] = {}): Harness => {
  const it = harness(over);
  open.push(it);
  return it;
};
afterEach(async () => {
  for (const { app } of open.splice(0)) await app.close();
});

describe('the one-time link', () => {
  it('shows a page that posts the token by itself, and is still good afterwards', async () => {
    const { app, loginTokens } = made();
    const { path, token } = loginTokens.mint();
    for (let visit = 0; visit < 3; visit += 1) {
      const page = await app.inject(path);
      expect(page.statusCode).toBe(200);
      expect(page.headers['content-type']).toContain('text/html');
      expect(page.body).toContain(`name="token" value="${token}"`);
      const nonce = /<script nonce="([^"]+)">/.exec(page.body)?.[1];
      expect(page.headers['content-security-policy']).toContain(`script-src 'nonce-${nonce}'`);
      expect(page.headers['referrer-policy']).toBe('same-origin');
    }
    expect(loginTokens.isGood(token)).toBe(true);
  });

  it('logs in once: the second post is refused with a page that names the command', async () => {
    const { app, loginTokens, webSessions } = made();
    const { token } = loginTokens.mint();
    const post = () =>
      app.inject({ method: 'POST', url: '/login', headers: form, payload: `token=${token}` });
    const first = await post();
    expect(first.statusCode).toBe(303);
    expect(first.headers.location).toBe('/');
    const cookie = first.cookies[0];
    expect(cookie).toMatchObject({ name: 'tw_session', httpOnly: true, sameSite: 'Strict', path: '/' });
    expect(cookie?.secure).toBeUndefined();
    expect([...webSessions.hashes]).toEqual([hashOf(cookie?.value ?? '')]);

    const second = await post();
    expect(second.statusCode).toBe(401);
    expect(second.cookies).toEqual([]);
    expect(second.body).toContain('npm run tw -- login');
    expect((await app.inject(`/login?token=${token}`)).statusCode).toBe(401);
  });

  it('logs in one of two that post at the same time', async () => {
    const { app, loginTokens } = made();
    const { token } = loginTokens.mint();
    const answers = await Promise.all(
      [1, 2].map(() =>
        app.inject({ method: 'POST', url: '/login', headers: form, payload: `token=${token}` }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 401]);
  });

  it('stays good when the store fails', async () => {
    const { app, loginTokens, webSessions } = made();
    const { token } = loginTokens.mint();
    webSessions.isDown = true;
    const answer = await app.inject({
      method: 'POST',
      url: '/login',
      headers: form,
      payload: `token=${token}`,
    });
    expect(answer.statusCode).toBe(500);
    expect(loginTokens.isGood(token)).toBe(true);
  });

  it('speaks French to a browser that prefers it', async () => {
    const { app } = made();
    const ask = (accepts: string) =>
      app.inject({ url: '/', headers: { accept: 'text/html', 'accept-language': accepts } });
    expect((await ask('fr-FR,fr;q=0.9,en;q=0.8')).body).toContain('Non connecté');
    expect((await ask('en-GB,fr;q=0.9')).body).toContain('Not logged in');
    expect((await ask('de,fr;q=0.3')).body).toContain('Non connecté');
    expect((await ask('de')).body).toContain('Not logged in');
  });

  it('closes the door for a while after ten wrong tokens', async () => {
    const { app, loginTokens } = made();
    for (let i = 0; i < 10; i += 1) expect((await app.inject('/login?token=wrong')).statusCode).toBe(401);
    const refused = await app.inject(loginTokens.mint().path);
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('leads someone who is logged in to the dashboard, used or not', async () => {
    const it = made();
    const headers = await logIn(it);
    const answer = await it.app.inject({ url: '/login?token=used', headers });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/']);
  });

  it('is minted anew for a command of this machine only', async () => {
    const it = made();
    const url = '/api/v1/login-links';
    expect((await it.app.inject({ method: 'POST', url })).statusCode).toBe(401);
    expect((await it.app.inject({ method: 'POST', url, headers: await logIn(it) })).statusCode).toBe(403);
    const answer = await it.app.inject({ method: 'POST', url, headers: bearer });
    expect(answer.statusCode).toBe(201);
    const link = new URL(answer.json().url);
    expect((await it.app.inject(link.pathname + link.search)).statusCode).toBe(200);
  });
});

describe('LoginTokens', () => {
  it('lets a token expire', () => {
    let now = 0;
    const tokens = new LoginTokens(() => now);
    const { token, expiresAt } = tokens.mint(1000);
    expect(expiresAt).toBe(1000);
    now = 999;
    expect(tokens.isGood(token)).toBe(true);
    now = 1000;
    expect(tokens.consume(token)).toBe(false);
  });
});

describe('a login', () => {
  it('survives a new server over the same store', async () => {
    const first = made();
    const headers = await logIn(first);
    const second = made({ webSessions: first.webSessions });
    expect((await second.app.inject({ url: '/api/v1/sessions', headers })).statusCode).toBe(200);
  });

  it('ends with logout', async () => {
    const it = made();
    const headers = await logIn(it);
    expect((await it.app.inject({ method: 'POST', url: '/api/v1/logout', headers })).statusCode).toBe(204);
    expect((await it.app.inject({ url: '/api/v1/sessions', headers })).statusCode).toBe(401);
  });

  it('holds through a store that is down, for a browser that was seen; another is told why not', async () => {
    const it = made();
    const seen = await logIn(it);
    const unseen = await logIn(it);
    await it.app.inject({ url: '/api/v1/system', headers: seen });
    it.webSessions.isDown = true;
    expect((await it.app.inject({ url: '/api/v1/system', headers: seen })).statusCode).toBe(200);
    const refused = await it.app.inject({ url: '/api/v1/system', headers: unseen });
    expect(refused.statusCode).toBe(503);
    expect(refused.json().code).toBe('storeDown');
  });
});
