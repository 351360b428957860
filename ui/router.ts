import { createRouter, createWebHistory } from 'vue-router';
import DashboardPage from './pages/DashboardPage.vue';
import MissingPage from './pages/MissingPage.vue';
import RiskPage from './pages/RiskPage.vue';
import SessionsPage from './pages/SessionsPage.vue';
import StrategiesPage from './pages/StrategiesPage.vue';

/** Every page of the dashboard. The tab of a tabbed page is in the query. */
export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'dashboard', component: DashboardPage },
    { path: '/sessions', name: 'sessions', component: SessionsPage },
    {
      path: '/sessions/:id',
      name: 'session',
      component: () => import('./pages/SessionPage.vue'),
      props: true,
    },
    { path: '/risk', name: 'risk', component: RiskPage },
    { path: '/strategies', name: 'strategies', component: StrategiesPage },
    {
      path: '/supervision',
      name: 'supervision',
      component: () => import('./pages/SupervisionPage.vue'),
    },
    { path: '/:rest(.*)*', name: 'missing', component: MissingPage },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
});
