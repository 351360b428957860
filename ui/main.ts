import './no-eval.ts';

// In a chunk of its own, so that nothing of it, no schema above all, is made before the line above has run: shared
// chunks of a built page run before the chunk that imports them.
void import('./start.ts');
