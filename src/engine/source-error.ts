import { inspect } from "node:util";

/** An error as text and back, so that those who wait in other processes get one with the same message, code and extensions. */
export interface ErrorCodec {
  encode(error: unknown): string;
  decode(text: string): unknown;
}

const unsharedErrors = new WeakMap<object, string>();

/**
 * The same error, for its own caller only, as the value of such a load would have been; `reason` as in `Loaded.unshared`.
 *
 * 1. A, whom nobody knows, fills a PUBLIC field whose resolver refuses A · 2. B, who may, joins, or finds the back-off mark.
 */
export function unsharedError(error: unknown, reason: string): unknown {
  // As graphql-js takes what is no error.
  const known = isObject(error) ? error : new Error(`Unexpected error value: ${inspect(error)}`);
  unsharedErrors.set(known, reason);
  return known;
}

/** Why nobody but its own caller is told of this error; undefined for one that is everybody's. */
export function whyUnshared(error: unknown): string | undefined {
  return isObject(error) ? unsharedErrors.get(error) : undefined;
}

/**
 * The same error for one more caller. graphql-js hands `extensions` on as they are, and servers write into them what is of one request:
 * its id, who asked. An error without extensions is nobody's to write into, and stays what it is.
 */
export function copyOfError(error: unknown): unknown {
  const extensions = isObject(error) ? (error as { extensions?: unknown }).extensions : undefined;
  if (!(error instanceof Error) || !isObject(extensions)) return error;
  return Object.create(Object.getPrototypeOf(error), {
    ...Object.getOwnPropertyDescriptors(error),
    extensions: { value: { ...extensions }, enumerable: true, configurable: true, writable: true },
  });
}

/** Longer extensions stay where the error was thrown. */
const LONGEST = 8192;

/** Keeps message, name, `code` and `extensions` of any Error; another thrown value is kept as its text. */
export const plainErrors: ErrorCodec = {
  encode(error) {
    const told: ToldError =
      error instanceof Error
        ? { message: error.message, name: error.name, ...detailsOf(error) }
        : { message: String(error) };
    return bounded(told) ?? JSON.stringify({ message: told.message.slice(0, 1024) });
  },
  decode(text) {
    const { message, name, code, extensions }: ToldError = JSON.parse(text);
    const error = new Error(message);
    if (name !== undefined) error.name = name;
    return Object.assign(
      error,
      code === undefined ? {} : { code },
      extensions === undefined ? {} : { extensions },
    );
  },
};

/** A codec that throws loses the details, not the mark. */
export function encodeError(errors: ErrorCodec, error: unknown): string {
  try {
    return errors.encode(error);
  } catch {
    return plainErrors.encode(new Error("The source failed."));
  }
}

/** Marks may be foreign, like entries. */
export function decodeError(errors: ErrorCodec, text: string): unknown {
  try {
    return errors.decode(text);
  } catch {
    return new Error("The source failed.");
  }
}

interface ToldError {
  readonly message: string;
  readonly name?: string;
  readonly code?: unknown;
  readonly extensions?: unknown;
}

function detailsOf(error: Error): Pick<ToldError, "code" | "extensions"> {
  const { code, extensions } = error as { code?: unknown; extensions?: unknown };
  return { code, extensions };
}

function bounded(told: ToldError): string | undefined {
  try {
    const text = JSON.stringify(told);
    return text.length <= LONGEST ? text : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
