// The page's sentences in the reader's language. English is the key; a sentence without translation stays English.

import { held } from "./held.js";

const KEY = "phingpt-bench.language";
const NAMES = { en: "English", es: "Español" };

let language = document.documentElement.lang;

/** The languages of the page, [code, its own name]. */
export function languages() {
  return ["en", ...Object.keys(held.languages)].map((code) => [code, NAMES[code] ?? code]);
}

export function currentLanguage() {
  return language;
}

/** Speaks `code` from now on where the page knows it, and remembers it where the browser lets it. */
export function speak(code) {
  if (!languages().some(([known]) => known === code)) return;
  language = code;
  document.documentElement.lang = code;
  try {
    localStorage.setItem(KEY, code);
  } catch {
    // A page from a file may have no storage; the address still says the language.
  }
}

/** The language that was chosen the last time, or null. */
export function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The sentence in the language in force, its {values} filled in. */
export function t(sentence, values = {}) {
  return filled(held.languages[language]?.[sentence] ?? sentence, values);
}

/** The sentence for a number of things: `one` for exactly one, `many` for any other number; {n} is the number. */
export function tn(one, many, n, values = {}) {
  const words = held.languages[language]?.[one] ?? [one, many];
  return filled(words[new Intl.PluralRules(language).select(n) === "one" ? 0 : 1], { n, ...values });
}

function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** What the program said in every language, in the one in force: {en: ..., es: ...}. */
export function said(texts) {
  return texts[language] ?? texts.en;
}
