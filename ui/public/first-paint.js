// Runs before the first paint so that the page never flashes in the wrong theme. Mirrors stores/settings.ts.
(() => {
  let settings = {};
  try {
    settings = JSON.parse(localStorage.getItem('tradewarden.settings') ?? '{}');
  } catch {
    // A damaged entry means the defaults.
  }
  const dark = settings.theme
    ? settings.theme === 'dark' ||
      (settings.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
    : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  if (settings.palette === 'colourBlind') document.documentElement.dataset.palette = 'colour-blind';
})();
