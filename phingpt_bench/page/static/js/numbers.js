// Numbers as text. What is unknown is N/A, never 0.

import { currentLanguage, t } from "./words.js";

/** What stands for a value that is not known. */
export function unknown() {
  return t("N/A");
}

/** Decimals of a number, half up in decimal (0.6655 is 0.666), never -0.000; N/A for null. */
export function decimals(value, places = 3) {
  if (value === null || value === undefined) return unknown();
  const rounded = Number(Math.round(Number(`${Math.abs(value).toFixed(12)}e${places}`)) + `e-${places}`);
  return (value < 0 && rounded > 0 ? "−" : "") + rounded.toFixed(places);
}

/** A difference with its sign. */
export function signed(value, places = 3) {
  const text = decimals(value, places);
  return value > 0 && Number(text) > 0 ? `+${text}` : text;
}

/** 1,212; in Spanish with a narrow space, since a point there could be read as a decimal one. */
export function whole(value) {
  if (value === null || value === undefined) return unknown();
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, currentLanguage() === "es" ? "\u202f" : ",");
}

/** USD with two significant digits below a dollar: "$0.0013", "$0.07", "$1.25", "$1,250". */
export function usd(value) {
  if (value === null || value === undefined) return unknown();
  if (value === 0) return "$0";
  if (value >= 1000) return `$${whole(value)}`;
  if (value >= 1) return `$${value.toFixed(2)}`;
  if (value < 1e-6) return "<$0.000001";
  return `$${value.toFixed(Math.max(2, 1 - Math.floor(Math.log10(value))))}`;
}

/** "$13.75–15.10": two bounds, or one amount where they are equal. */
export function range([low, high]) {
  const [first, last] = [usd(low), usd(high)];
  return first === last ? first : `${first}–${last.replace("$", "")}`;
}

/** "<1 s", "42 s", "28 min", "1 h 05 min". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return unknown();
  if (seconds > 0 && seconds < 1) return "<1 s";
  if (Math.round(seconds) < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A share as a whole percentage; <1% rather than 0% for what is not nothing. */
export function percent(share) {
  if (share === null || share === undefined) return unknown();
  return share > 0 && share < 0.005 ? "<1%" : `${Math.round(100 * share)}%`;
}

/** Three decimals, four where three would not tell on which side of 0.05 it is. */
export function probability(p, atMost = false) {
  if (p === null || p === undefined) return "";
  if (p < 0.001) return "p<0.001";
  if (atMost) return `p<=${(Math.ceil(1000 * p - 1e-9) / 1000).toFixed(3)}`;
  return `p=${p.toFixed(p >= 0.045 && p < 0.055 ? 4 : 3)}`;
}

/** 135M, 7B, 0.5M. */
export function parameters(count) {
  if (count === null || count === undefined) return unknown();
  const [divisor, unit] = count >= 999.5e6 ? [1e9, "B"] : [1e6, "M"];
  return `${Number((count / divisor).toPrecision(3))}${unit}`;
}

/** 950 kB, 1.8 GB. */
export function bytes(count) {
  if (count === null || count === undefined) return unknown();
  const [divisor, unit] = count >= 1e9 ? [1e9, "GB"] : count >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  return `${Number((count / divisor).toPrecision(2))} ${unit}`;
}

/** "[0.831, 0.872]", or in words that there is none. */
export function interval(low, high) {
  return low === null || high === null ? t("no interval") : `[${decimals(low)}, ${decimals(high)}]`;
}
