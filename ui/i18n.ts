import { createI18n } from 'vue-i18n';
import en from './locales/en.json';
import fr from './locales/fr.json';

/** English and French; both complete (test/ui/locales.test.ts). */
export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en, fr },
  // In French, 0 and 1 are singular.
  pluralRules: { fr: (choice: number, choices: number) => (choices < 2 ? 0 : Math.abs(choice) < 2 ? 0 : 1) },
});
