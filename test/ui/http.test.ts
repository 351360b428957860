import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { onUnauthorised, request, urlOf } from '../../ui/api/http.ts';
import { ApiError } from '../../ui/api/problem.ts';

const answer = (response: () => Response | Promise<Response>) =>
  vi.stubGlobal('fetch', async () => response());
const failing = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('the request was expected to fail'),
    (error: unknown) => error as ApiError,
  );

describe('request', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('answers what the schema reads', async () => {
    answer(() => Response.json({ items: [1] }));
    expect(await request('GET', '/x', z.object({ items: z.array(z.number()) }))).toEqual({ items: [1] });
  });

  it('turns a problem document into its sentence and its fields', async () => {
    const errors = [{ path: 'instrument.symbol', message: 'unknown' }];
    answer(() =>
      Response.json({ type: 't', title: 'T', status: 422, detail: 'D', code: 'c', errors }, { status: 422 }),
    );
    const error = await failing(request('POST', '/x', z.unknown(), { body: {} }));
    expect(error).toBeInstanceOf(ApiError);
    expect([error.status, error.code, error.message]).toEqual([422, 'c', 'D']);
    expect(error.fields.get('instrument.symbol')).toBe('unknown');
  });

  it('names the place of an answer that does not fit', async () => {
    answer(() => Response.json({ items: ['one'] }));
    const error = await failing(request('GET', '/x', z.object({ items: z.array(z.number()) })));
    expect(error.code).toBe('unreadable');
    expect(error.message).toContain('"items.0"');
  });

  it('tells a failure without a document by its status', async () => {
    answer(() => new Response('<html>', { status: 502 }));
    expect(await failing(request('GET', '/x', z.unknown()))).toMatchObject({
      status: 502,
      code: 'unreadable',
    });
  });

  it('has status 0 when nobody answers', async () => {
    answer(() => Promise.reject(new TypeError('fetch failed')));
    expect(await failing(request('GET', '/x', z.unknown()))).toMatchObject({
      status: 0,
      code: 'unreachable',
    });
  });

  it('tells the page when this browser is not known', async () => {
    const told = vi.fn();
    onUnauthorised(told);
    answer(() => new Response('', { status: 401 }));
    await failing(request('GET', '/x', z.unknown()));
    expect(told).toHaveBeenCalledOnce();
  });

  it('leaves undefined out of the query', () => {
    expect(urlOf('/bars', { instrumentId: 'A B', limit: 5, before: undefined })).toBe(
      '/api/v1/bars?instrumentId=A+B&limit=5',
    );
  });
});
