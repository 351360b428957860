import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, type Harness, harness } from './harness.ts';

let server: Harness;
let root = '';
const html = { ...bearer, accept: 'text/html,application/xhtml+xml' };

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tw-ui-'));
  mkdirSync(join(root, 'dist', 'assets'), { recursive: true });
  writeFileSync(join(root, 'dist', 'index.html'), '<title>dashboard</title>');
  writeFileSync(join(root, 'dist', 'first-paint.js'), 'x');
  writeFileSync(join(root, 'dist', 'assets', 'main-abc123.js'), 'y');
  writeFileSync(join(root, 'secret.txt'), 'secret');
  server = harness({ uiDir: join(root, 'dist') });
  await server.app.ready();
});
afterAll(async () => {
  await server.app.close();
  rmSync(root, { recursive: true });
});

describe('the dashboard', () => {
  it.each(['/', '/index.html', '/sessions?tab=active', '/sessions/sp500-sma'])(
    '%s is its page, asked for anew each time',
    async (url) => {
      const answer = await server.app.inject({ url, headers: html });
      expect([answer.statusCode, answer.body]).toEqual([200, '<title>dashboard</title>']);
      expect(answer.headers['cache-control']).toBe('no-cache');
      expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    },
  );

  it('keeps files whose name carries their hash, and no others', async () => {
    const hashed = await server.app.inject({ url: '/assets/main-abc123.js', headers: bearer });
    expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const plain = await server.app.inject({ url: '/first-paint.js', headers: bearer });
    expect(plain.headers['cache-control']).toBe('no-cache');
  });

  it.each([
    '/assets/gone.js',
    '/assets',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
  ])('%s is not found', async (url) => {
    const answer = await server.app.inject({ url, headers: bearer });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toBe('secret');
  });

  it('never answers for the interface', async () => {
    const answer = await server.app.inject({ url: '/api/v1/nothing', headers: html });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'notFound']);
  });

  it('that was not built says how to build it', async () => {
    const bare = harness({ uiDir: join(root, 'nowhere') });
    const answer = await bare.app.inject({ url: '/', headers: html });
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain('npm run build:ui');
    await bare.app.close();
  });
});
