import type { BaselineStatus, FeatureRow } from "./database/tables.ts";
import type { Locale } from "./locale.ts";

type Sentence = (date: string) => string;

const SENTENCES: Readonly<Record<Locale, Readonly<Record<BaselineStatus, Sentence>>>> = {
  en: {
    widely: (date) => `Widely available since ${date}`,
    newly: (date) => `Newly available since ${date}`,
    limited: () => "Limited availability",
  },
  de: {
    widely: (date) => `Weithin verfügbar seit ${date}`,
    newly: (date) => `Neu verfügbar seit ${date}`,
    limited: () => "Eingeschränkt verfügbar",
  },
  fr: {
    widely: (date) => `Largement disponible depuis ${date}`,
    newly: (date) => `Nouvellement disponible depuis ${date}`,
    limited: () => "Disponibilité limitée",
  },
  ja: {
    widely: (date) => `${date}から広く利用可能`,
    newly: (date) => `${date}から新たに利用可能`,
    limited: () => "限定的に利用可能",
  },
};

/** How widely a feature is available, as a sentence of the given language. */
export function baselineSummary(feature: FeatureRow, locale: Locale): string {
  const date = feature.baseline === "widely" ? feature.baselineHighDate : feature.baselineLowDate;
  const month = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });
  return SENTENCES[locale][feature.baseline](date === null ? "?" : month.format(date));
}
