import { inspect } from "node:util";
import { inWords } from "../base/suggest.ts";

/** Says what an option must be when it is not; undefined when it is fine. */
export type OptionCheck = (value: unknown) => string | undefined;

export const isFunction: OptionCheck = (value) =>
  typeof value === "function" ? undefined : "must be a function";

export const isBoolean: OptionCheck = (value) =>
  typeof value === "boolean" ? undefined : "must be true or false";

export const isBooleanOrFunction: OptionCheck = (value) =>
  typeof value === "boolean" || typeof value === "function"
    ? undefined
    : "must be true, false or a function of the coordinate";

export function isWhole(unit: string, least: number): OptionCheck {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least
      ? undefined
      : `must be a whole number of ${unit}, at least ${least}`;
}

export const isShare: OptionCheck = (value) =>
  typeof value === "number" && value >= 0 && value <= 1 ? undefined : "must be a number from 0 to 1";

export function isOneOf(...choices: readonly string[]): OptionCheck {
  return (value) =>
    choices.includes(value as string)
      ? undefined
      : `must be ${inWords(choices.map((choice) => `"${choice}"`))}`;
}

export function isNameList(of: string): OptionCheck {
  return (value) =>
    Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "")
      ? undefined
      : `must be an array of ${of}`;
}

export function isRecord(of: string, each: (value: unknown) => boolean): OptionCheck {
  return (value) => {
    if (!isPlainObject(value)) return `must be an object of ${of}`;
    const wrong = Object.keys(value).find((name) => !each(value[name]));
    return wrong === undefined
      ? undefined
      : `must be an object of ${of}, but "${wrong}" is ${print(value[wrong])}`;
  };
}

export function hasMethods(...names: readonly string[]): OptionCheck {
  return (value) =>
    isObject(value) && names.every((name) => typeof value[name] === "function")
      ? undefined
      : `must have the methods ${inWords(names, "and")}`;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What came, short enough for a message. */
export function print(value: unknown): string {
  return inspect(value, { depth: 0, maxStringLength: 40, breakLength: Number.POSITIVE_INFINITY });
}
