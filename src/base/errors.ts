/** Base of every error that Fieldgate throws on purpose: what is wrong, and what to do about it. */
export class FieldgateError extends Error {
  /** Stable, for programs: `BAD_NAMESPACE`. */
  readonly code: string;
  /** One sentence that tells what to do. Also the end of `message`. */
  readonly advice: string;

  constructor(code: string, problem: string, advice: string, options?: ErrorOptions) {
    super(`${problem} ${advice}`, options);
    this.name = "FieldgateError";
    this.code = code;
    this.advice = advice;
  }
}
