import { createHash, createHmac } from "node:crypto";

/** SHA-256 cut to 128 bits, 22 characters of base64url. */
export function digest(text: string): string {
  return cut(createHash("sha256").update(text, "utf8").digest());
}

/** HMAC-SHA-256 cut to 128 bits, 22 characters of base64url: tells nothing about `text` to who lacks the secret. */
export function hmacDigest(secret: string, text: string): string {
  return cut(createHmac("sha256", secret).update(text, "utf8").digest());
}

function cut(bytes: Buffer): string {
  return bytes.subarray(0, 16).toString("base64url");
}
