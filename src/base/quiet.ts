/** A promise that nobody waits for, and whose rejection is not to end the process. Whatever else is left alone. */
export function quiet<T>(value: T): T {
  if (value instanceof Promise) value.catch(() => {});
  return value;
}
