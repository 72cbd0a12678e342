export const SLOTS = 16_384;

/**
 * Slot of a hash tag in a Redis cluster: CRC16 (XMODEM) modulo 16384, as the cluster specification has it. Takes what stands
 * in the braces, which the grammar keeps to ASCII.
 */
export function hashSlot(hashTag: string): number {
  let crc = 0;
  for (let at = 0; at < hashTag.length; at++) {
    crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ hashTag.charCodeAt(at)]!;
  }
  return crc % SLOTS;
}

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});
