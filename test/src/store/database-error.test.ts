import { describe, expect, it } from 'vitest';
import { tooSlow } from '../../../src/inspect/writer.ts';
import { databaseError } from '../../../src/store/database-error.ts';

const url = 'postgres://u:p@host/db';

describe('what the database refuses', () => {
  it('for taking too long is told by the code that halves a batch of the journal', () => {
    const refused = Object.assign(new Error('canceling statement due to statement timeout'), {
      code: '57014',
    });
    expect(databaseError(url, refused)).toMatchObject({
      name: 'StoreError',
      code: tooSlow,
      message:
        'database "host/db": a statement was ended: canceling statement due to statement timeout (57014)',
    });
  });

  it('for any other reason has another code', () => {
    const refused = Object.assign(new Error('division by zero'), { code: '22012' });
    expect(databaseError(url, refused)?.code).toBe('QUERY_FAILED');
  });
});
