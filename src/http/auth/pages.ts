import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

export type Language = 'en' | 'fr';

/** The language that `Accept-Language` prefers among ours; English when it does not say. */
export function languageOf(request: Pick<FastifyRequest, 'headers'>): Language {
  const wishes = (request.headers['accept-language'] ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const q = parameters.map((text) => /^\s*q=([\d.]+)/.exec(text)?.[1]).find((text) => text !== undefined);
      return { language: tag.split('-')[0] ?? '', weight: q === undefined ? 1 : Number(q) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  return wishes.find(({ language }) => language === 'fr' || language === 'en')?.language === 'fr'
    ? 'fr'
    : 'en';
}

const words = {
  en: {
    noLogin: {
      title: 'Not logged in',
      text: 'This dashboard opens with the one-time link that the start command printed in its terminal. To get a new link, run this on the same machine:',
    },
    badLink: {
      title: 'This link is no longer good',
      text: 'A login link works once, and for an hour. To get a new one, run this on the machine where Tradewarden runs:',
    },
    tooMany: {
      title: 'Too many attempts',
      text: 'Wait a minute, then use the link that the start command printed, or get a new one:',
    },
    login: { title: 'Logging in', text: 'If nothing happens:', button: 'Open the dashboard' },
    noUi: {
      title: 'The dashboard is not built',
      text: 'The server runs and trades, but found no dashboard to serve. Build it, then start again:',
    },
  },
  fr: {
    noLogin: {
      title: 'Non connecté',
      text: 'Ce tableau de bord s’ouvre avec le lien à usage unique que la commande de démarrage a affiché dans son terminal. Pour obtenir un nouveau lien, lancez sur la même machine :',
    },
    badLink: {
      title: 'Ce lien n’est plus valable',
      text: 'Un lien de connexion sert une seule fois, pendant une heure. Pour en obtenir un autre, lancez sur la machine où tourne Tradewarden :',
    },
    tooMany: {
      title: 'Trop de tentatives',
      text: 'Patientez une minute, puis utilisez le lien affiché au démarrage, ou obtenez-en un autre :',
    },
    login: { title: 'Connexion', text: 'Si rien ne se passe :', button: 'Ouvrir le tableau de bord' },
    noUi: {
      title: 'Le tableau de bord n’est pas construit',
      text: 'Le serveur fonctionne et négocie, mais n’a trouvé aucun tableau de bord à servir. Construisez-le, puis relancez :',
    },
  },
} as const;

/** A page that needs nothing but itself. `nonce` allows its one style and its one script. */
export interface Page {
  readonly language: Language;
  readonly nonce: string;
  readonly html: string;
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f6f7f9,#0f1216);color:light-dark(#1b2027,#e6e9ee)}
main{max-width:34rem;padding:2rem}h1{font-size:1.25rem;margin:0 0 .5rem}
code{display:block;margin-top:1rem;padding:.75rem 1rem;border-radius:.5rem;background:light-dark(#e9ecf1,#1a1f27);font:14px ui-monospace,monospace}
button{margin-top:1rem;padding:.5rem 1rem;border:0;border-radius:.5rem;background:#2f6feb;color:#fff;font:inherit}`;

function page(language: Language, title: string, body: string, script = ''): Page {
  const nonce = randomBytes(16).toString('base64');
  const html = `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>${title} · Tradewarden</title><style nonce="${nonce}">${STYLE}</style></head>
<body><main><h1>${title}</h1>${body}</main>${script === '' ? '' : `<script nonce="${nonce}">${script}</script>`}</body></html>
`;
  return { language, nonce, html };
}

/**
 * The page for someone who may not come in, with the command that helps. With `again` it asks for the same address
 * once more by itself: browsers keep a strict cookie back when a link on another site leads here.
 */
export function refusedPage(language: Language, why: 'noLogin' | 'badLink' | 'tooMany', again = false): Page {
  const { title, text } = words[language][why];
  const script = again ? 'location.replace(location.pathname + location.search)' : '';
  return page(language, title, `<p>${text}</p><code>npm run tw -- login</code>`, script);
}

/** The page in place of a dashboard that was not built. */
export function noUiPage(language: Language): Page {
  const { title, text } = words[language].noUi;
  return page(language, title, `<p>${text}</p><code>npm run build:ui</code>`);
}

/**
 * The page behind a login link. It posts the token by itself: whatever fetches links ahead of people (mail and chat
 * previews, browsers) does not run it, so the token is still good when the person comes.
 */
export function loginPage(language: Language, token: string): Page {
  const { title, text, button } = words[language].login;
  const form = `<form method="post" action="/login"><input type="hidden" name="token" value="${escaped(token)}">
<p>${text}</p><button type="submit">${button}</button></form>`;
  return page(language, title, form, 'document.forms[0].submit()');
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Sends a page under a policy that allows only what it carries itself. */
export function sendPage(reply: FastifyReply, status: number, { html, language, nonce }: Page): FastifyReply {
  return reply
    .code(status)
    .header(
      'content-security-policy',
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    )
    .header('content-language', language)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(html);
}
