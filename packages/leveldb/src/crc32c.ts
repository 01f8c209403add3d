/** The CRC that LevelDB writes behind its blocks (Castagnoli's polynomial); Node has only the other one. */
const TABLE: Uint32Array = new Uint32Array(256)

for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
  TABLE[byte] = crc
}

/** Takes one byte into a running sum, which begins with `CRC_START`. */
export function crcNext(crc: number, byte: number): number {
  return (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number)
}

export const CRC_START = 0xffff_ffff

/** A running sum as LevelDB writes it: turned and shifted, since it may cover other sums. */
export function maskedCrc(crc: number): number {
  const sum = ~crc >>> 0
  return (((sum >>> 15) | (sum << 17)) + 0xa282_ead8) >>> 0
}
