import { useLocalStorage, usePreferredDark } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed } from 'vue';

export const themes = ['light', 'dark', 'system'] as const;
export type Theme = (typeof themes)[number];
export const palettes = ['classic', 'colourBlind'] as const;
export type Palette = (typeof palettes)[number];
export const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

interface Settings {
  theme: Theme;
  palette: Palette;
  language: Language;
  railCollapsed: boolean;
  /** Columns that a person has hidden, by table. */
  hiddenColumns: Record<string, string[]>;
}

/** The first language of the browser that we speak, else English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  const tags = wanted.map((tag) => tag.toLowerCase().split('-')[0]);
  const found = tags.find((tag) => languages.some((language) => language === tag));
  return languages.find((language) => language === found) ?? 'en';
}

/** What a person chose for this browser; kept in it. */
export const useSettingsStore = defineStore('settings', () => {
  const settings = useLocalStorage<Settings>(
    'tradewarden.settings',
    {
      theme: 'system',
      palette: 'classic',
      language: preferredLanguage(navigator.languages),
      railCollapsed: false,
      hiddenColumns: {},
    },
    { mergeDefaults: true },
  );
  const prefersDark = usePreferredDark();
  const dark = computed(
    () => settings.value.theme === 'dark' || (settings.value.theme === 'system' && prefersDark.value),
  );
  /** Changes whenever colours do: charts redraw on it. */
  const look = computed(() => `${dark.value ? 'dark' : 'light'}/${settings.value.palette}`);
  return { settings, dark, look };
});
