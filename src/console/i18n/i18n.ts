import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './en.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof en }
  }
}

/** The languages of the console, by what their speakers call them. */
export const languages = { en: 'English', zh: '简体中文' } as const
export type Language = keyof typeof languages

const tags: Record<Language, string> = { en: 'en', zh: 'zh-CN' }
const kept = 'crosswalk-language'

export const isLanguage = (text: string | null | undefined): text is Language => text === 'en' || text === 'zh'

export async function startTranslation(): Promise<void> {
  const show = (language: string) => {
    document.documentElement.lang = isLanguage(language) ? tags[language] : language
  }
  i18next.on('languageChanged', show)
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: 'en',
    fallbackLng: 'en',
    // React escapes.
    interpolation: { escapeValue: false },
  })
  await change(chosen() ?? preferred())
}

/** English is there from the start, as what others lack; they come when they are spoken. */
const texts: Partial<Record<Language, () => Promise<object>>> = { zh: async () => (await import('./zh.ts')).zh }

async function change(language: Language): Promise<void> {
  const load = texts[language]
  if (load !== undefined && !i18next.hasResourceBundle(language, 'translation'))
    i18next.addResourceBundle(language, 'translation', await load())
  await i18next.changeLanguage(language)
}

export async function speak(language: Language): Promise<void> {
  try {
    localStorage.setItem(kept, language)
  } catch {
    // A browser that keeps nothing still speaks it until the page is closed.
  }
  await change(language)
}

function chosen(): Language | null {
  try {
    const language = localStorage.getItem(kept)
    return isLanguage(language) ? language : null
  } catch {
    return null
  }
}

const preferred = (): Language =>
  navigator.languages.map((tag) => tag.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en'

/** For Intl: the region of the browser where it speaks the chosen language, as in en-GB. */
export function localeOf(language: string | undefined): string {
  const known = isLanguage(language) ? language : 'en'
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(known)) ?? tags[known]
}
