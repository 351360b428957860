import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { languageOf, noUiPage, sendPage } from './auth/pages.ts';
import { sendProblem } from './problems.ts';

/** Addresses that belong to the server; nothing below them is a page of the dashboard. */
const OWN = /^\/(api|login|healthz|readyz)(\/|\?|$)/;

/**
 * Serves the built dashboard: files as they are, index.html for every other address that a browser opens, so that
 * reload and bookmarks work. Files below assets/ carry their hash in the name and never change.
 */
export function addStatic(app: FastifyInstance, uiDir: string): void {
  const isBuilt = existsSync(join(uiDir, 'index.html'));
  if (isBuilt) {
    app.register(fastifyStatic, {
      root: uiDir,
      dotfiles: 'ignore',
      redirect: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const isHashed = relative(uiDir, path).startsWith('assets');
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const isPage =
      (request.method === 'GET' || request.method === 'HEAD') &&
      !OWN.test(request.url) &&
      (request.headers.accept ?? '').includes('text/html');
    if (isPage)
      return isBuilt ? reply.sendFile('index.html') : sendPage(reply, 503, noUiPage(languageOf(request)));
    const path = request.url.split('?', 1)[0] ?? '';
    return sendProblem(reply, 404, 'notFound', `There is nothing at ${request.method} ${path}.`);
  });
}
