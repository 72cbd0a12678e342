/** Type numbers of PostgreSQL's catalogue. */
const INT8 = 20;
const DATE = 1082;

/**
 * Both drivers get these, so that a row is the same whichever database it came from: `int8` is a number (counts, far
 * below 2^53), `date` a JS Date at midnight UTC (`pg` alone would take midnight of the server's own zone).
 */
export const VALUE_PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [DATE]: (text) => new Date(`${text}T00:00:00.000Z`),
};
