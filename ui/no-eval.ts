import { z } from 'zod';

// The content policy forbids eval, which zod tries as soon as the first schema is made: imported before any of them.
z.config({ jitless: true });
