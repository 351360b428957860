import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import './styles/tokens.css';
import './styles/base.css';
import './styles/table.css';
import './styles/shell.css';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { api } from './api/client.ts';
import { onUnauthorised } from './api/http.ts';
import { FeedClient } from './feed/client.ts';
import { browserSocket, setFeed } from './feed/feed.ts';
import { i18n } from './i18n.ts';
import { router } from './router.ts';
import { useSystemStore } from './stores/system.ts';

const app = createApp(App).use(createPinia()).use(i18n).use(router);
const system = useSystemStore();

onUnauthorised(() => {
  system.admitted = false;
});

const feed = new FeedClient({
  connect: browserSocket,
  onStatus: (status) => {
    // A refused handshake looks like any lost socket: a plain request tells a stranger from a dead server.
    if (status.state === 'lost' && status.attempts > 0) api.knownHere().catch(() => {});
    system.feed = status;
  },
});
setFeed(feed);
feed.start();
addEventListener('pagehide', () => feed.stop());
addEventListener('pageshow', () => feed.start());

app.mount('#app');

// A page that was open while Tradewarden was upgraded asks for files of the old build: the new one is loaded instead.
window.addEventListener('vite:preloadError', () => window.location.reload());
