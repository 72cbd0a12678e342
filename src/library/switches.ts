/**
 * The kill switch, for everything or for a coordinate. What is off is served by its resolver: nothing is read, nothing
 * stored. Invalidations go out all the same, for the sake of gateways where it is on.
 */
export class Switches {
  readonly #allowed: (coordinate: string) => boolean;
  #everythingOff: boolean;
  readonly #off = new Set<string>();

  constructor(enabled: boolean | ((coordinate: string) => boolean) = true) {
    this.#allowed = typeof enabled === "function" ? enabled : () => true;
    this.#everythingOff = enabled === false;
  }

  isOn(coordinate: string): boolean {
    if (this.#everythingOff) return false;
    if (this.#off.size > 0 && (this.#off.has(coordinate) || this.#off.has(typeOf(coordinate)))) return false;
    return this.#allowed(coordinate);
  }

  turnOff(coordinate?: string): void {
    if (coordinate === undefined) this.#everythingOff = true;
    else this.#off.add(coordinate);
  }

  turnOn(coordinate?: string): void {
    if (coordinate === undefined) this.#everythingOff = false;
    else this.#off.delete(coordinate);
  }
}

function typeOf(coordinate: string): string {
  const dot = coordinate.indexOf(".");
  return dot < 0 ? coordinate : coordinate.slice(0, dot);
}
