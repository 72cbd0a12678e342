/** Where log lines go: the part of pino's logger that is used. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For whoever gives no logger: what needs a human goes to the console, the rest nowhere. */
export const quietConsole: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => console.warn(`fieldgate: ${message}`, fields),
  error: (fields, message) => console.error(`fieldgate: ${message}`, fields),
};
