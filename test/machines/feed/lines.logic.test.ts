import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignLines, type LineClaim } from '../../../machines/feed/lines.logic.ts';

const claims = fc
  .array(fc.record({ sessions: fc.nat(2), hasLine: fc.boolean(), usedAt: fc.nat(5) }), { maxLength: 12 })
  .map((list): LineClaim[] => list.map((claim, at) => ({ ...claim, id: `I${at}` })));

describe('assignLines', () => {
  it('hands out as many as there are, to whoever wants one', () => {
    fc.assert(
      fc.property(claims, fc.nat(12), (wanted, lines) => {
        expect(assignLines(wanted, lines).size).toBe(Math.min(lines, wanted.length));
      }),
    );
  });

  it('lets nothing that is only watched have one that a session lacks', () => {
    fc.assert(
      fc.property(claims, fc.nat(12), (wanted, lines) => {
        const having = assignLines(wanted, lines);
        const lacks = wanted.some(({ id, sessions }) => sessions > 0 && !having.has(id));
        const watched = wanted.some(({ id, sessions }) => sessions === 0 && having.has(id));
        expect(lacks && watched).toBe(false);
      }),
    );
  });

  it('takes no line from a session for another session', () => {
    fc.assert(
      fc.property(claims, fc.nat(12), (wanted, lines) => {
        const having = assignLines(wanted, lines);
        const held = wanted.filter(({ sessions, hasLine }) => sessions > 0 && hasLine);
        if (held.length <= lines) for (const { id } of held) expect(having.has(id)).toBe(true);
      }),
    );
  });

  it('changes nothing when it is asked again', () => {
    fc.assert(
      fc.property(claims, fc.nat(12), (wanted, lines) => {
        const having = assignLines(wanted, lines);
        const again = wanted.map((claim) => ({ ...claim, hasLine: having.has(claim.id) }));
        expect(assignLines(again, lines)).toEqual(having);
      }),
    );
  });
});
