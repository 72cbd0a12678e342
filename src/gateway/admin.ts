import { createHash, timingSafeEqual } from "node:crypto";

/** What follows `Bearer ` in an `Authorization` header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
}

/** The password of a `Basic` header, which is how a browser can send the admin token. */
export function basicPasswordOf(authorization: string | undefined): string | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [, ...password] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return password.join(":");
}

/** Whether `given` is the token. Takes the same time however much of it is right, and whatever its length. */
export function isToken(token: string | undefined, given: string | undefined): boolean {
  if (token === undefined || given === undefined) return false;
  return timingSafeEqual(digest(token), digest(given));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
